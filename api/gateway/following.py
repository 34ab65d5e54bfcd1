"""Following: how a subscription begins, by what it follows. Registered first, then the snapshot, then the stream."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from api.gateway.cursor import Cursor, read_cursor
from api.gateway.subscription import Subscription
from api.gateway.topic_names import Kind
from api.gateway.view import View
from api.problems import Problem
from api.state import State
from pipeline.errors import NotFound
from pipeline.feed import MOST_BEHIND, Missed, read_history, read_missed
from pipeline.read import list_generations, read_batch, read_readable, read_unfinished
from pipeline.row_errors import RowErrors
from schema.input_limits.number import read_whole
from schema.wire import frames
from schema.wire.problem import FieldError

SNAPSHOT = 100
"""How many generations a feed that begins anew shows: the latest unfinished ones, or of a batch the latest."""
MOST_MISSED = 2_000
"""How many generations a resumed feed reads up; more, and it begins anew."""
LARGEST_VERSION = 2**31 - 1
PAGE = 100
"""How many generations are read at a time: no more than that waits for a slow client."""


_ROW_ERRORS = RowErrors("a snapshot")


class Asked(NamedTuple):
    """What a subscribe frame asks for, beside the topic."""

    ref: str | None
    after: int | str | None


Begin = Callable[[State, Subscription, Asked], Awaitable[None]]


async def follow(state: State, subscription: Subscription, asked: Asked) -> None:
    """Begin a subscription. Raises Problem, NotFound; then it follows nothing."""
    try:
        await state.looks.begun()
        # Registered before the snapshot is read, so whatever commits in between is held and sent after it.
        await BEGIN[subscription.kind](state, subscription, asked)
        await catch_up(state, subscription)
    except BaseException:
        leave(state, subscription)
        raise


async def catch_up(state: State, subscription: Subscription) -> None:
    """Send what moved while its snapshot was made; from then on it is live."""
    while held := subscription.take_held():
        async for row in _pages(state, subscription, list(held)):
            with _ROW_ERRORS.of(row.id):
                view = View(row)
                subscription.send(view)
                state.progress.saw(view)


def leave(state: State, subscription: Subscription) -> None:
    """Follow nothing more. Harmless when repeated."""
    state.topics.leave(subscription)
    state.tickers.leave(subscription)


async def _generation(state: State, subscription: Subscription, asked: Asked) -> None:
    generation_id = _subject(subscription)
    after = read_version(asked.after)
    state.topics.follow_generation(generation_id, subscription)
    row = await state.looks.read(generation_id)
    if row is None or not subscription.identity.may_see(row.user_id):
        raise NotFound("topic: there is no generation with this id, or it is not yours")
    # A version that the row never had: the database was restored, so the client's past is not this row's.
    resumed = asked.after is not None and after <= row.version
    if resumed:
        subscription.start_after(generation_id, after)
    subscription.tell(frames.subscribed(asked.ref, subscription.topic, resumed=resumed))
    _show(state, subscription, row, None)
    subscription.end_of_snapshot()


async def _generations(state: State, subscription: Subscription, asked: Asked) -> None:
    identity = subscription.identity
    state.topics.follow_feed(subscription)
    if not identity.sees_all and identity.user_id is None:
        # What is submitted with the anonymous key is followed by its id, and never listed.
        subscription.tell(frames.subscribed(asked.ref, subscription.topic, resumed=False))
        return
    user_id = None if identity.sees_all else identity.user_id
    await _begin_feed(
        state, subscription, asked, user_id, None, lambda: read_unfinished(state.engine, user_id, SNAPSHOT)
    )


async def _batch(state: State, subscription: Subscription, asked: Asked) -> None:
    batch_id = _subject(subscription)
    state.topics.follow_batch(batch_id, subscription)
    owners, _ = await read_batch(state.engine, batch_id)
    if not owners or not all(subscription.identity.may_see(owner) for owner in owners):
        raise NotFound("topic: there is no batch with this id, or it is not yours")
    await _begin_feed(
        state,
        subscription,
        asked,
        None,
        batch_id,
        lambda: list_generations(state.engine, user_id=None, batch_id=batch_id, most=SNAPSHOT),
    )
    _, counts = await read_batch(state.engine, batch_id)
    subscription.tell(frames.batch(subscription.topic, counts))


async def _queue(state: State, subscription: Subscription, asked: Asked) -> None:
    subscription.tell(frames.subscribed(asked.ref, subscription.topic, resumed=False))
    state.tickers.follow_queue(subscription)


async def _begin_feed(
    state: State,
    subscription: Subscription,
    asked: Asked,
    user_id: str | None,
    batch_id: UUID | None,
    snapshot: Callable[[], Awaitable[Sequence[Row[Any]]]],
) -> None:
    after = _cursor(asked.after)
    # Read before anything else, so the snapshot or what was missed holds everything that is not after it.
    history = await read_history(state.engine)
    now = Cursor(history.name, int(history.horizon))
    subscription.begin_at(now)
    missed: list[Missed] | None = None
    if after is not None and after.history == now.history and 0 <= now.horizon - after.horizon <= MOST_BEHIND:
        most = MOST_MISSED + 1
        missed = await read_missed(state.engine, str(after.horizon), user_id=user_id, batch_id=batch_id, most=most)
    if missed is not None and len(missed) <= MOST_MISSED:
        _confirm(subscription, asked, now if not missed else after, resumed=True)
        await _show_missed(state, subscription, missed, now)
    else:
        rows = await snapshot()
        # With no cursor until all of it has been sent: who is cut off before that begins anew.
        _confirm(subscription, asked, None if rows else now, resumed=False)
        for row in reversed(rows):
            # A hundred of the longest prompts are more than a slow client may have waiting.
            await subscription.outbox.emptied()
            _show(state, subscription, row, None)
    subscription.end_of_snapshot()


def _confirm(subscription: Subscription, asked: Asked, cursor: Cursor | None, *, resumed: bool) -> None:
    told = str(cursor) if cursor else None
    subscription.tell(frames.subscribed(asked.ref, subscription.topic, resumed=resumed, cursor=told))


async def _show_missed(state: State, subscription: Subscription, missed: list[Missed], now: Cursor) -> None:
    by_id = {one.id: one for one in missed}
    async for row in _pages(state, subscription, list(by_id)):
        one = by_id[row.id]
        subscription.start_after(row.id, one.fresh_from - 1)
        # Whatever changed before this one's first change has been sent; past the horizon nothing is certain.
        _show(state, subscription, row, str(Cursor(now.history, min(one.first_change, now.horizon))))


def _show(state: State, subscription: Subscription, row: Row[Any], cursor: str | None) -> None:
    with _ROW_ERRORS.of(row.id):
        view = View(row)
        subscription.show(view, cursor)
        state.progress.saw(view)


async def _pages(state: State, subscription: Subscription, ids: list[UUID]) -> AsyncIterator[Row[Any]]:
    """The rows in the order of `ids`, read no faster than the client takes them."""
    for start in range(0, len(ids), PAGE):
        await subscription.outbox.emptied()
        page = ids[start : start + PAGE]
        rows = {row.id: row for row in await read_readable(state.engine, page, _ROW_ERRORS)}
        for generation_id in page:
            if generation_id in rows:
                yield rows[generation_id]


def _subject(subscription: Subscription) -> UUID:
    assert subscription.subject is not None
    return subscription.subject


def read_version(after: int | str | None) -> int:
    """The version to go on after. Raises Problem("invalid-frame") when it is none."""
    if after is None:
        return 0
    version = read_whole(str(after), 0, LARGEST_VERSION) if isinstance(after, int | str) else None
    if version is None:
        raise _bad_after(f"after: must be null or a version that was received, 0 to {LARGEST_VERSION}")
    return version


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
