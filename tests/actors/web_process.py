"""The web process's doors on the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.app import create_app
from pipeline.settings import Settings


@asynccontextmanager
async def web_process(settings: Settings) -> AsyncIterator[None]:
    """The real application behind uvicorn's protocol, at the port of the settings.

    Without uvicorn's own Server: it takes the signals of the whole process, and sleeps 0.2 s while it stops.
    """
    app = create_app(settings)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    config.load()
    state = ServerState()
    async with app.router.lifespan_context(app):
        server = await asyncio.get_running_loop().create_server(
            lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}),
            sock=socket.create_server(("127.0.0.1", settings.port)),
        )
        yield
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(state.tasks)
        await server.wait_closed()
