"""Awaiting: a request that is answered when a generation has come to its end, told by the gateway as a socket is."""

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

import orjson
from starlette.requests import Request

from api.auth.identity import Identity
from api.gateway.following import Asked, follow, leave
from api.gateway.frame import Frame
from api.gateway.outbox import Outbox
from api.gateway.subscription import Ends, Subscription
from api.gateway.topic_names import Kind, TopicName
from api.state import State, state_of
from pipeline.errors import NotFound
from schema.statuses import Status


class Ears:
    """The line of a request that waits: it hears when the last transition has come."""

    def __init__(self) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.is_writable = True
        self.over = asyncio.Event()

    def write(self, frame: Frame) -> None:
        """Look whether this is the end."""
        said = orjson.loads(frame.text)
        if said["type"] == "transition" and Status(said["generation"]["status"]).is_final:
            self.over.set()

    def leave(self) -> None:
        """This process goes, or has lost the thread: the request is answered by how things stand."""
        self.over.set()


async def await_ends(request: Request, identity: Identity, ids: Iterable[UUID], seconds: float) -> None:
    """Wait until all of these have come to an end, or so many seconds; also over when the client of `request` has
    gone, and when this process is told to go. What is left of its body is dropped. A place to wait is the caller's.

    Reading how they stand is the caller's: of what was waited for nothing is promised.
    """
    ending = asyncio.create_task(_await_all(state_of(request), identity, ids))
    leaving = asyncio.create_task(_await_leaving(request))
    both = {ending, leaving}
    try:
        await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        await asyncio.wait(both)
    if not ending.cancelled():
        ending.result()


async def _await_all(state: State, identity: Identity, ids: Iterable[UUID]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for generation_id in ids:
                group.create_task(_await_end(state, identity, generation_id))
    except ExceptionGroup as errors:
        # One says as much as all: the database is away.
        raise errors.exceptions[0] from None


async def _await_leaving(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


async def _await_end(state: State, identity: Identity, generation_id: UUID) -> None:
    ears = Ears()
    subscription = Subscription(
        f"{Kind.GENERATION}:{generation_id}",
        TopicName(Kind.GENERATION, generation_id),
        identity,
        Outbox(ears, ears.leave),
        reached=lambda: None,
        ends=Ends(ears.leave, ears.leave),
    )
    state.sockets.join_wait(ears)
    try:
        await follow(state, subscription, Asked(None, None))
        await ears.over.wait()
    except NotFound:
        # Deleted meanwhile: that is an end, too.
        return
    finally:
        state.sockets.part(ears)
        leave(state, subscription)
