"""Following: how a subscription begins, by what it follows. Registered first, then the snapshot, then the stream."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from api.auth.identity import Identity
from api.gateway.cursor import Cursor, read_cursor
from api.gateway.outbox import Outbox
from api.gateway.subscription import Subscription
from api.gateway.topic_names import Kind, read_topic
from api.gateway.view import View
from api.problems import Problem
from api.state import State
from pipeline.errors import NotFound
from pipeline.feed import MOST_BEHIND, read_history, read_missed
from pipeline.read import list_generations, read_batch, read_unfinished
from schema.wire import frames
from schema.wire.problem import FieldError

SNAPSHOT = 100
"""How many generations a feed that begins anew shows: the latest unfinished ones, or of a batch the latest."""
MOST_MISSED = 2_000
"""How many generations a resumed feed reads up; more, and it begins anew."""

Begin = Callable[[State, Subscription, frames.Subscribe], Awaitable[None]]


async def follow(
    state: State, frame: frames.Subscribe, identity: Identity, outbox: Outbox, lost: Callable[[], None]
) -> Subscription:
    """Begin what the frame asks for. Raises Problem, NotFound."""
    kind, subject = read_topic(frame.topic)
    subscription = Subscription(frame.topic, subject, identity, outbox, reached=lambda: state.looks.cursor, lost=lost)
    try:
        # Registered before the snapshot is read, so whatever commits in between is held and sent after it.
        await BEGIN[kind](state, subscription, frame)
    except BaseException:
        state.topics.leave(subscription)
        raise
    return subscription


async def _generation(state: State, subscription: Subscription, frame: frames.Subscribe) -> None:
    generation_id = _subject(subscription)
    after = _version(frame.after)
    state.topics.follow_generation(generation_id, subscription)
    row = await state.looks.read(generation_id)
    if row is None or not subscription.identity.may_see(row.user_id):
        raise NotFound("topic: there is no generation with this id, or it is not yours")
    # A version that the row never had: the database was restored, so the client's past is not this row's.
    resumed = frame.after is not None and after <= row.version
    if resumed:
        subscription.start_after(generation_id, after)
    subscription.begin(frames.subscribed(frame.ref, frame.topic, resumed=resumed), [View(row)])


async def _generations(state: State, subscription: Subscription, frame: frames.Subscribe) -> None:
    identity = subscription.identity
    state.topics.follow_feed(subscription)
    if not identity.sees_all and identity.user_id is None:
        # What is submitted with the anonymous key is followed by its id, and never listed.
        subscription.begin(frames.subscribed(frame.ref, frame.topic, resumed=False), [])
        return
    user_id = None if identity.sees_all else identity.user_id

    async def snapshot() -> list[View]:
        rows = await read_unfinished(state.engine, user_id, SNAPSHOT)
        return [View(row) for row in reversed(rows)]

    await _begin_feed(state, subscription, frame, user_id, None, snapshot)


async def _batch(state: State, subscription: Subscription, frame: frames.Subscribe) -> None:
    batch_id = _subject(subscription)
    state.topics.follow_batch(batch_id, subscription)
    owners, counts = await read_batch(state.engine, batch_id)
    if not owners or not all(subscription.identity.may_see(owner) for owner in owners):
        raise NotFound("topic: there is no batch with this id, or it is not yours")

    async def snapshot() -> list[View]:
        rows = await list_generations(state.engine, user_id=None, batch_id=batch_id, most=SNAPSHOT)
        return [View(row) for row in reversed(rows)]

    await _begin_feed(state, subscription, frame, None, batch_id, snapshot)
    subscription.tell(frames.batch(frame.topic, counts))


async def _queue(state: State, subscription: Subscription, frame: frames.Subscribe) -> None:
    subscription.begin(frames.subscribed(frame.ref, frame.topic, resumed=False), [])
    state.tickers.follow_queue(subscription)


async def _begin_feed(
    state: State,
    subscription: Subscription,
    frame: frames.Subscribe,
    user_id: str | None,
    batch_id: UUID | None,
    snapshot: Callable[[], Awaitable[list[View]]],
) -> None:
    asked = _cursor(frame.after)
    # Read before anything else, so the snapshot or what was missed holds everything that is not after it.
    history = await read_history(state.engine)
    now = Cursor(history.name, int(history.horizon))
    views: list[View] | None = None
    if asked is not None and asked.history == now.history and 0 <= now.horizon - asked.horizon <= MOST_BEHIND:
        views = await _missed(state, subscription, asked, user_id, batch_id)
    resumed = views is not None
    if views is None:
        views = await snapshot()
    subscription.begin_at(now)
    subscription.begin(frames.subscribed(frame.ref, frame.topic, resumed=resumed, cursor=str(now)), views)


async def _missed(
    state: State, subscription: Subscription, asked: Cursor, user_id: str | None, batch_id: UUID | None
) -> list[View] | None:
    """What moved since the cursor; None when that is too much to read up."""
    most = MOST_MISSED + 1
    rows = await read_missed(state.engine, str(asked.horizon), user_id=user_id, batch_id=batch_id, most=most)
    if len(rows) == most:
        return None
    missed = [row for row in rows if row.fresh_from is not None]
    for row in missed:
        subscription.start_after(row.id, row.fresh_from - 1)
    return [View(row) for row in missed]


def _subject(subscription: Subscription) -> UUID:
    assert subscription.subject is not None
    return subscription.subject


def _version(after: int | str | None) -> int:
    """The version to go on after."""
    if after is None:
        return 0
    if isinstance(after, str) and after.isdecimal():
        after = int(after)
    if not isinstance(after, int) or not 0 <= after < 2**31:
        raise _bad_after("after: must be null or a version that was received, 0 to 2147483647")
    return after


def _cursor(after: int | str | None) -> Cursor | None:
    """The place in the feed to go on after."""
    if after is None:
        return None
    cursor = read_cursor(after) if isinstance(after, str) else None
    if cursor is None:
        raise _bad_after("after: must be null or a cursor that was received on this topic")
    return cursor


def _bad_after(detail: str) -> Problem:
    return Problem("invalid-frame", detail, [FieldError("after", detail)])


BEGIN: dict[Kind, Begin] = {
    Kind.GENERATION: _generation,
    Kind.GENERATIONS: _generations,
    Kind.BATCH: _batch,
    Kind.QUEUE: _queue,
}
