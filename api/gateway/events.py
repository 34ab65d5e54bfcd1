"""Events: one generation's stream over HTTP, as server-sent events, for those who have no websocket."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable

import orjson
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from api.auth.authenticator import bearer
from api.auth.identity import Identity
from api.gateway.following import Asked, follow, leave, read_version
from api.gateway.frame import Frame
from api.gateway.outbox import Outbox
from api.gateway.subscription import Ends, Subscription
from api.gateway.topic_names import Kind, TopicName
from api.generations.doors import uuid_of
from api.intake import PLACE, address_of
from api.problems import Problem
from api.state import state_of
from pipeline.errors import DarkroomError, Invalid, NotFound
from pipeline.outages import DATABASE_AWAY
from schema.statuses import Status

log = logging.getLogger(__name__)

RECONNECT_MS = (1_000, 3_000)
"""What a stream tells its client to wait before it comes back: any of these, so that not all come at once."""
COMMENT_SECONDS = 15
"""A comment this often keeps proxies from ending a stream that says nothing, and finds clients that are gone."""


async def stream_events(request: Request) -> Response:
    """GET /v1/generations/{id}/events: every transition above `Last-Event-ID` or `?after=`, live, until a final one.

    204 when there is nothing more to come; browsers then stay away.
    """
    state = state_of(request)
    if refusal := state.sockets.refusal():
        return refusal
    # A browser's EventSource can send no header.
    key = bearer(request.headers.get("authorization")) or request.query_params.get("access_token")
    identity = await state.authenticator.identify(key)
    after = _after(request)
    generation_id = uuid_of(request.path_params["id"])
    row = await state.looks.read(generation_id) if generation_id else None
    if generation_id is None or row is None or not identity.may_see(row.user_id):
        raise NotFound("id: there is no generation with this id, or it is not yours")
    if Status(row.status).is_final and after == row.version:
        return Response(status_code=204)
    # What was waited for meanwhile may have taken the last place.
    if refusal := state.sockets.refusal():
        return refusal
    if identity.role == "anonymous" and (why := state.sockets.anonymous_refusal(address_of(request))):
        raise Problem("unavailable", why)
    topic = TopicName(Kind.GENERATION, generation_id)
    stream = EventStream(request, identity, topic, after)
    # The connection is counted with the sockets from now on, and so it is not used for another request.
    return EventSourceResponse(stream.events(), ping=COMMENT_SECONDS, headers={"Connection": "close"})


def _after(request: Request) -> int:
    asked = request.headers.get("last-event-id") or request.query_params.get("after")
    try:
        return read_version(asked)
    except Problem as bad:
        raise Invalid("after", "must be a version that was received, 0 to 2147483647, as `Last-Event-ID` is") from bad


class Slot:
    """The line of an event stream: one frame, taken by the response when the connection takes more."""

    def __init__(self) -> None:
        self.on_writable: Callable[[], None] | None = None
        self._frame: Frame | None = None
        self._changed = asyncio.Event()
        self._is_closed = False

    @property
    def is_writable(self) -> bool:
        """Whether the last frame was taken."""
        return self._frame is None

    def write(self, frame: Frame) -> None:
        """Lay a frame down."""
        self._frame = frame
        self._changed.set()

    def close(self) -> None:
        """There will be no more."""
        self._is_closed = True
        self._changed.set()

    async def take(self) -> Frame | None:
        """The next frame; None when there will be no more."""
        while self._frame is None and not self._is_closed:
            self._changed.clear()
            await self._changed.wait()
        frame, self._frame = self._frame, None
        if self.on_writable is not None:
            self.on_writable()
        return None if self._is_closed else frame


class EventStream:
    """One client's stream."""

    def __init__(self, request: Request, identity: Identity, topic: TopicName, after: int) -> None:
        self._request = request
        self._state = state_of(request)
        self._slot = Slot()
        self._after = after
        self._identity = identity
        self._subscription = Subscription(
            f"{topic.kind}:{topic.subject}",
            topic,
            identity,
            Outbox(self._slot, self.leave),
            reached=lambda: None,
            ends=Ends(self.leave, self.leave),
        )

    def leave(self) -> None:
        """End it: the client comes back by itself, and goes on where it was."""
        self._subscription.outbox.close()
        self._slot.close()

    async def _begin(self) -> None:
        try:
            await follow(self._state, self._subscription, Asked(None, self._after or None))
        except (DarkroomError, *DATABASE_AWAY) as error:
            # The answer has begun, so nothing can be said any more: the client comes back and is told then.
            log.warning("an event stream could not begin: %s", error)
            self.leave()

    def _join(self) -> None:
        self._state.sockets.join(self)
        if place := self._request.scope.get("state", {}).get(PLACE):
            place.leave()
        anonymous = self._identity.role == "anonymous"
        if anonymous and self._state.sockets.join_anonymous(self, address_of(self._request)):
            self.leave()

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        """Subscribe, and give every frame as an event until a final one."""
        admission = self._state.admissions.admit(self._identity, lambda _: self.leave())
        self._join()
        # In a task: beginning waits for its frames to be taken, when something moves meanwhile.
        beginning = asyncio.create_task(self._begin())
        try:
            yield ServerSentEvent(retry=random.randint(*RECONNECT_MS), comment="darkroom")
            while (frame := await self._slot.take()) is not None:
                said = orjson.loads(frame.text)
                if said["type"] == "transition":
                    yield ServerSentEvent(frame.text.decode(), event="transition", id=str(said["cursor"]))
                    if Status(said["status"]).is_final and said["version"] == said["generation"]["version"]:
                        return
                elif said["type"] == "progress":
                    yield ServerSentEvent(frame.text.decode(), event="progress")
        finally:
            beginning.cancel()
            self._state.sockets.part(self)
            admission.leave()
            leave(self._state, self._subscription)
