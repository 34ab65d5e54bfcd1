"""The server: uvicorn, which says goodbye before it goes.

By itself uvicorn closes its door and every socket in the same instant, so no load balancer hears of it in time and all
clients come back together. Ours first answers `/readyz` with 503 and takes no new sockets, sends the open ones away one
by one, and only then closes the door.
"""

import asyncio
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from sse_starlette.sse import AppStatus
from starlette.applications import Starlette

from api.gateway.line import GatewayProtocol
from api.http_protocol import HttpProtocol
from api.intake import Intake
from pipeline.settings import Settings
from schema.wire.frames import MAX_FRAME_BYTES

PING_SECONDS = 20.0
"""Between two pings of a socket, and the time it has to answer one."""
LEAVE_SECONDS = 3
"""How long open requests may take once the door is closed; uvicorn's own default is for ever."""
SERVED: dict[str, Any] = {
    "loop": "uvloop",
    # Status frames gain little from compression, and it costs 40 kB a socket.
    "ws_per_message_deflate": False,
    "ws_max_size": 4 * MAX_FRAME_BYTES,
    "access_log": False,
    "log_level": "warning",
    "server_header": False,
}
"""uvicorn's settings, but for what a process chooses."""


class Server(uvicorn.Server):
    """Serves one application. The first SIGTERM or SIGINT drains it, another one ends it at once."""

    def __init__(self, app: Starlette, settings: Settings, *, ping_seconds: float = PING_SECONDS) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http=cast(type[asyncio.Protocol], partial(HttpProtocol, intake=Intake(settings))),
                ws=GatewayProtocol,
                timeout_graceful_shutdown=LEAVE_SECONDS,
                ws_ping_interval=ping_seconds,
                ws_ping_timeout=ping_seconds,
                **SERVED,
            )
        )
        self._app = app
        self._drain_seconds = settings.drain_seconds
        self._told_to_leave = False
        self._draining: asyncio.Task[None] | None = None
        # Event streams are sent away by the drain, as sockets are, and not when the signal comes.
        AppStatus.enable_automatic_graceful_drain = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note the signal; on_tick obeys it. As a signal handler it must not touch the loop."""
        if self._told_to_leave:
            super().handle_exit(sig, frame)
        self._told_to_leave = True
        self._captured_signals.append(sig)

    async def on_tick(self, counter: int) -> bool:
        """Whether to end: ten times a second, uvicorn asks."""
        if self._told_to_leave and self._draining is None:
            self._draining = asyncio.create_task(self._app.state.darkroom.sockets.drain(self._drain_seconds))
        if self._draining is not None and self._draining.done():
            await self._draining
            return True
        return await super().on_tick(counter)
