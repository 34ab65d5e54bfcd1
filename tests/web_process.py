"""The web process's doors on the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
            lambda: config.http_protocol_class(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
            sock=_listening(settings.port),
        )
        yield app.state.darkroom
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(state.tasks)
        await server.wait_closed()


def _listening(port: int) -> socket.socket:
    # With its protocol named: else asyncio does not know it for TCP, leaves Nagle's algorithm on, and every answer on
    # a connection that is kept waits 40 ms for the client's acknowledgement. uvloop, in production, asks nobody.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening
