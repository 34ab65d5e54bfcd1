"""A small server on a real socket that speaks the documented HTTP and frames, and misbehaves as it is told."""

import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.api.client.history import PICTURE, transition_frame

KEY = "a-key-for-tests"
LIMIT_PROBLEM = {
    "type": "https://darkroom.invalid/problems/invalid",
    "title": "The request breaks a limit",
    "status": 422,
    "detail": "1 field",
    "errors": [{"field": "width", "message": "must be between 64 and 4096"}],
}


@dataclass
class Plot:
    """How one websocket connection goes, once subscribed."""

    until: int = 1_000
    """Last version played."""
    mute: bool = False
    """Say nothing at all, not even `subscribed`."""
    twice: bool = False
    """Play from the beginning again, whatever `after` says."""
    progress: tuple[dict[str, Any], ...] = ()
    """Progress frames played before the last transition."""
    frames: tuple[dict[str, Any], ...] = ()
    """Frames played as they are, on whatever topic."""
    resumed: bool | None = None
    """What `subscribed` says; by itself, whether `after` was given."""
    cursor: str | None = None
    """The cursor in `subscribed`."""
    whole: bool = True
    """Answer the unsubscribe that stands behind a feed's subscribe: the replay is over."""
    problem: dict[str, Any] | None = None
    """An error frame after what was played."""
    close: int | None = None
    """A close code after what was played."""
    abort: bool = False
    """Cut the connection without a word after what was played."""


@dataclass
class ScriptedDoor:
    """What the server has, what it shall do, and what it was asked."""

    url: str = ""
    generations: dict[str, dict[str, Any]] = field(default_factory=dict)
    queue: dict[str, Any] = field(default_factory=dict)
    plots: deque[Plot] = field(default_factory=deque)
    """One per connection; when they run out, everything is played and the socket stays open."""
    handshakes: deque[int] = field(default_factory=deque)
    """HTTP statuses to refuse the next handshakes with; 101 lets one through."""
    losses: deque[int] = field(default_factory=deque)
    """HTTP statuses to answer the next POSTs with; 0 takes the request and cuts the line."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    """The idempotency keys that came, one per POST."""
    queries: list[dict[str, str]] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    picture_headers: list[dict[str, str]] = field(default_factory=list)
    submitted: str | None = None
    """The id that POST answers with."""

    async def post(self, request: web.Request) -> web.Response:
        """POST /v1/generations."""
        body = await request.json()
        self.bodies.append(body)
        self.keys.append(request.headers.get("Idempotency-Key"))
        if self.losses:
            if status := self.losses.popleft():
                return _problem({"type": "about:blank", "title": "Refused", "status": status, "detail": "by plan"})
            assert request.transport is not None
            request.transport.abort()
        if body.get("width", 512) > 4096:
            return _problem(LIMIT_PROBLEM)
        assert self.submitted is not None
        return web.json_response(self.generations[self.submitted], status=202)

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/generations/{id}."""
        generation = self.generations.get(request.match_info["id"])
        if generation is None:
            return _problem({"type": "about:blank", "title": "Not found", "status": 404, "detail": "not yours"})
        return web.json_response(generation)

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/generations."""
        self.queries.append(dict(request.query))
        return web.json_response({"items": list(self.generations.values()), "next_cursor": None})

    async def show_queue(self, _: web.Request) -> web.Response:
        """GET /v1/queue."""
        return web.json_response(self.queue)

    async def picture(self, request: web.Request) -> web.Response:
        """GET /images/{path}; a path with `gone` in it is not there."""
        self.picture_headers.append(dict(request.headers))
        if "gone" in request.path:
            return web.Response(status=404, text="<h1>nothing</h1>", content_type="text/html")
        return web.Response(body=PICTURE, content_type="image/png")

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """WS /v1/ws."""
        if self.handshakes and (status := self.handshakes.popleft()) != 101:
            return _problem({"type": "about:blank", "title": "Refused", "status": status, "detail": "by plan"})
        plot = self.plots.popleft() if self.plots else Plot()
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            await socket.close(code=4401, message=b"unknown key")
            return socket
        subscribe = json.loads((await socket.receive()).data)
        self.subscriptions.append(subscribe)
        if not plot.mute:
            await self._play(socket, subscribe, plot)
        if subscribe["topic"] == "generations":
            unsubscribe = json.loads((await socket.receive()).data)
            assert unsubscribe["type"] == "unsubscribe"
            if plot.whole:
                await socket.send_json({**unsubscribe, "type": "unsubscribed"})
        if plot.abort:
            assert request.transport is not None
            request.transport.abort()
        elif plot.close is not None:
            await socket.close(code=plot.close, message=b"by plan")
        else:
            assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)
        return socket

    async def _play(self, socket: web.WebSocketResponse, subscribe: dict[str, Any], plot: Plot) -> None:
        topic, after = subscribe["topic"], subscribe["after"]
        resumed = after is not None if plot.resumed is None else plot.resumed
        cursor = {} if plot.cursor is None else {"cursor": plot.cursor}
        await socket.send_json({"type": "subscribed", "ref": "1", "topic": topic, "resumed": resumed, **cursor})
        for frame in plot.frames:
            await socket.send_json(frame)
        generation = self.generations.get(topic.removeprefix("generation:"))
        entries = generation["timeline"] if generation else []
        first = 0 if plot.twice else after or 0
        for entry in entries:
            if first < entry["v"] <= plot.until:
                if entry["v"] == min(plot.until, len(entries)):
                    for progress in plot.progress:
                        await socket.send_json({"type": "progress", "topic": topic, **progress})
                assert generation is not None
                await socket.send_json(transition_frame(generation, entry))
        if plot.problem is not None:
            await socket.send_json({"type": "error", "ref": "1", "problem": plot.problem})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["ScriptedDoor"]:
        """Serve on a free port of this machine."""
        app = web.Application(middlewares=[_guard])
        app.router.add_post("/v1/generations", self.post)
        app.router.add_get("/v1/generations", self.page)
        app.router.add_get("/v1/generations/{id}", self.get)
        app.router.add_get("/v1/queue", self.show_queue)
        app.router.add_get("/v1/ws", self.socket)
        app.router.add_get("/images/{path:.*}", self.picture)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


@web.middleware
async def _guard(request: web.Request, handler: Any) -> web.StreamResponse:
    """A key for everything but pictures, which are public, and the websocket, which closes with 4401 itself."""
    public = request.path.startswith("/images/") or request.path == "/v1/ws"
    if not public and request.headers.get("Authorization") != f"Bearer {KEY}":
        return _problem({"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "unknown key"})
    response: web.StreamResponse = await handler(request)
    return response


def _problem(document: dict[str, Any]) -> web.Response:
    return web.json_response(document, status=document["status"], content_type="application/problem+json")
