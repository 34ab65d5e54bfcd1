"""Awaiting: a request that is answered when a generation has come to its end, told by the gateway as a socket is."""

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

import orjson

from api.auth.identity import Identity
from api.gateway.following import Asked, follow, leave
from api.gateway.frame import Frame
from api.gateway.outbox import Outbox
from api.gateway.subscription import Ends, Subscription
from api.gateway.topic_names import Kind, TopicName
from api.state import State
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


async def await_ends(state: State, identity: Identity, ids: Iterable[UUID], seconds: float) -> None:
    """Wait until all of these have come to an end, or so many seconds; also over when this process is told to go.

    Reading how they stand is the caller's: of what was waited for nothing is promised.
    """
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for generation_id in ids:
                group.create_task(_await_end(state, identity, generation_id))
    except TimeoutError:
        return


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
    state.sockets.join(ears)
    try:
        await follow(state, subscription, Asked(None, None))
        await ears.over.wait()
    except NotFound:
        # Deleted meanwhile: that is an end, too.
        return
    finally:
        state.sockets.part(ears)
        leave(state, subscription)
