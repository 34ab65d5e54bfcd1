"""A small server on a real socket that speaks the documented HTTP and frames, and misbehaves as it is told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

ID = "019a0000-0000-7000-8000-000000000001"
PATIENCE = 20.0
STATUSES = ("queued", "processing", "downloading", "completed")


def transition(version: int, topic: str = f"generation:{ID}") -> dict[str, Any]:
    """A transition of a generation that is completed with its fourth."""
    generation = {"id": ID, "status": STATUSES[version - 1], "version": version}
    at = f"2026-11-24T10:00:0{version}+00:00"
    moved = {"id": ID, "status": STATUSES[version - 1], "version": version, "at": at, "generation": generation}
    return {"type": "transition", "topic": topic, "cursor": version, **moved}


@dataclass
class Plot:
    """How one connection goes, once somebody has subscribed to something on it."""

    frames: tuple[dict[str, Any] | str, ...] = ()
    """Frames that follow each confirmation; those above `after`, when they are transitions. Text goes as it is."""
    close: int | None = None
    """A close code after that."""
    refusal: dict[str, Any] | None = None
    """The problem that answers the first subscribe frame."""
    auth: dict[str, Any] | None = None
    """The problem that answers the auth frame; the code 4401 follows."""


@dataclass
class ScriptedGateway:
    """What it shall do, and what it was asked."""

    url: str = ""
    plots: deque[Plot] = field(default_factory=deque)
    """One a connection; when they run out, everything is played and the connection stays."""
    answers: deque[tuple[int, dict[str, str], dict[str, Any]]] = field(default_factory=deque)
    """Status, headers and document of the next POSTs; 202 when they run out."""
    tokens: list[str] = field(default_factory=list)
    """Those of the auth frames, one a connection."""
    asked: list[int | str | None] = field(default_factory=list)
    """After what the subscribe frames asked."""
    marks: int = 0
    """Frames that unsubscribed from what was not followed, to hear an answer."""
    keys: list[str] = field(default_factory=list)
    """The idempotency keys of the POSTs."""
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, holds: Callable[["ScriptedGateway"], bool]) -> None:
        """Wait until what it was asked makes it hold."""
        async with asyncio.timeout(PATIENCE):
            while not holds(self):
                self._asked.clear()
                await self._asked.wait()

    async def post(self, request: web.Request) -> web.Response:
        """POST /v1/generations."""
        self.keys.append(request.headers["Idempotency-Key"])
        status, headers, document = self.answers.popleft() if self.answers else (202, {}, {"id": ID})
        return web.json_response(document, status=status, headers=headers)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """WS /v1/ws."""
        plot = self.plots.popleft() if self.plots else Plot(tuple(map(transition, range(1, 5))))
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert request.query_string == ""  # where a token would be logged
        auth = json.loads((await socket.receive()).data)
        assert auth.keys() == {"type", "token"}
        self.tokens.append(auth["token"])
        if plot.auth is not None:
            await socket.send_json({"type": "error", "ref": None, "problem": plot.auth})
            await socket.close(code=4401, message=b"not let in")
        async for message in socket:
            await self._obey(socket, plot, message)
        return socket

    async def _obey(self, socket: web.WebSocketResponse, plot: Plot, message: WSMessage) -> None:
        assert message.type is WSMsgType.TEXT
        frame = json.loads(message.data)
        ref = frame.get("ref")
        if frame["type"] == "unsubscribe":
            self.marks += 1
            self._asked.set()
            await socket.send_json({"type": "unsubscribed", "ref": ref, "topic": frame["topic"]})
            return
        after = frame["after"]
        self.asked.append(after)
        if plot.refusal is not None:
            problem, plot.refusal = plot.refusal, None
            await socket.send_json({"type": "error", "ref": ref, "problem": problem})
            return
        resumed = after is not None
        await socket.send_json({"type": "subscribed", "ref": ref, "topic": frame["topic"], "resumed": resumed})
        for one in plot.frames:
            if isinstance(one, str):
                await socket.send_str(one)
            elif one["type"] != "transition" or one["version"] > (after or 0):
                await socket.send_json(one)
        if plot.close is not None:
            await socket.close(code=plot.close, message=b"by plan")


@asynccontextmanager
async def serving(gateway: ScriptedGateway) -> AsyncIterator[ScriptedGateway]:
    """Serve it on a free port of this machine."""
    app = web.Application()
    app.router.add_post("/v1/generations", gateway.post)
    app.router.add_get("/v1/ws", gateway.socket)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield gateway
    finally:
        await runner.cleanup()
