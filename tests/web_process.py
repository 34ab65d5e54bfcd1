"""The web process's doors on the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.app import create_app
from api.server import PING_SECONDS, Server
from api.state import State
from pipeline.settings import Settings


@asynccontextmanager
async def web_process(settings: Settings, *, ping_seconds: float = PING_SECONDS) -> AsyncIterator[State]:
    """The real application behind uvicorn's protocols, at the port of the settings; what it holds open.

    Without uvicorn's own Server: it takes the signals of the whole process, and sleeps 0.2 s while it stops.
    """
    app = create_app(settings)
    config = Server(app, settings, ping_seconds=ping_seconds).config
    config.load()
    state = ServerState()
    async with app.router.lifespan_context(app):
        server = await asyncio.get_running_loop().create_server(
            lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}),
            sock=socket.create_server(("127.0.0.1", settings.port)),
        )
        yield app.state.darkroom
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(state.tasks)
        await server.wait_closed()
