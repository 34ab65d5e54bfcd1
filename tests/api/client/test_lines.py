"""The client through a real line that is cut, stalled and refused, with a whole Darkroom at its other end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import TypeVar

import pytest

from api.client import BatchCounts, Client, QueueStanding, Reset, Transition, Unreachable
from api.client.connection import KEEPALIVE
from tests.api.client.tcp_proxy import TcpProxy, proxied
from tests.api.test_batches import submit
from tests.darkroom import Darkroom, User

FAR = "2999-01-01T00:00:00Z"
VERSIONS = [1, 2, 3, 4]
PATIENCE = 60.0
"""Seconds that a test waits for what must come."""
CUTS = 6
SHORT = 0.3
"""Seconds between pings where a stalled line is to be noticed."""
Happening = TypeVar("Happening")


@dataclass
class Far:
    """Somebody whose client reaches Darkroom by way of a proxy."""

    user: User
    proxy: TcpProxy
    client: Client
    drops: list[str] = field(default_factory=list)

    async def submit(self, count: int, **body: object) -> list[str]:
        """Submit some generations past the proxy; their ids."""
        return [(await self.user.submit(**body))["id"] for _ in range(count)]

    async def cancel(self, generation_id: str) -> None:
        """Call one off, past the proxy."""
        async with self.user.http.post(f"/v1/generations/{generation_id}/cancel") as answer:
            assert answer.status == 200


@pytest.fixture
async def far(darkroom: Darkroom) -> AsyncIterator[Far]:
    """A user far away, whose client takes a dead line for dead as early as it may."""
    async with reached(darkroom, SHORT) as far:
        yield far


@asynccontextmanager
async def reached(darkroom: Darkroom, keepalive: float) -> AsyncIterator[Far]:
    """A user whose client pings every `keepalive` seconds."""
    async with AsyncExitStack() as stack:
        user = await stack.enter_async_context(darkroom.user())
        proxy = await stack.enter_async_context(proxied(darkroom.url))
        client = await stack.enter_async_context(Client(proxy.url, user.key, patience=PATIENCE, keepalive=keepalive))
        await client.queue()
        yield Far(user, proxy, client)


async def take(events: AsyncIterator[Happening], until: Callable[[Sequence[Happening]], bool]) -> list[Happening]:
    """Read until what was read is enough; the rest is for the next one."""
    read: list[Happening] = []
    async with asyncio.timeout(PATIENCE):
        while not until(read):
            read.append(await anext(events))
    return read


def versions(events: Iterable[object], id_: str) -> list[int]:
    """Of one generation, what was told."""
    return [event.version for event in events if isinstance(event, Transition) and event.id == id_]


def all_of(ids: list[str], last: int) -> Callable[[Sequence[object]], bool]:
    """Whether each generation was told up to this version."""
    return lambda events: all(last in versions(events, id_) for id_ in ids)


async def test_a_feed_tells_each_transition_once_through_every_cut(far: Far) -> None:
    async with aclosing(far.client.feed(dropped=far.drops.append)) as events:
        first = await far.submit(1)
        seen: list[object] = [*await take(events, all_of(first, 4))]
        ids = [*first]
        for _ in range(CUTS):
            more = await far.submit(4)
            ids += more
            seen += await take(events, all_of(more, 2))
            far.proxy.cut()
        seen += await take(events, lambda read: all_of(ids, 4)([*seen, *read]))
    assert {id_: versions(seen, id_) for id_ in ids} == dict.fromkeys(ids, VERSIONS)
    assert not any(isinstance(event, Reset) for event in seen)
    # All that was left to tell may have come before the last cut.
    assert len(far.drops) >= CUTS - 1


async def test_what_happened_while_it_was_refused_comes_whole_even_in_pieces(far: Far) -> None:
    async with aclosing(far.client.feed(dropped=far.drops.append)) as events:
        (scheduled,) = await far.submit(1, scheduled_at=FAR)
        await take(events, all_of([scheduled], 1))
        await far.proxy.refuse()
        far.proxy.cut()
        ids = await far.submit(10, scheduled_at=FAR, prompt="x" * 3_000)
        # Each of the next two lines breaks off when about half of the ten have come.
        far.proxy.allowances += [20_000, 20_000]
        await far.proxy.accept()
        seen = await take(events, all_of(ids, 1))
        await far.cancel(scheduled)
        seen += await take(events, all_of([scheduled], 2))
    assert {id_: versions(seen, id_) for id_ in ids} == {id_: [1] for id_ in ids}
    assert versions(seen, scheduled) == [2]
    assert not any(isinstance(event, Reset) for event in seen)
    assert not far.proxy.allowances


async def test_a_program_that_starts_again_goes_on_behind_its_cursor(far: Far) -> None:
    async with aclosing(far.client.feed()) as events:
        (first,) = await far.submit(1)
        seen = await take(events, all_of([first], 4))
    last = seen[-1]
    assert isinstance(last, Transition)
    assert isinstance(last.cursor, str)
    missed = await far.submit(3)
    async with aclosing(far.client.watch(missed[-1])) as watched:
        assert [event.version async for event in watched if isinstance(event, Transition)] == VERSIONS
    async with aclosing(far.client.feed(last.cursor)) as events:
        again = await take(events, all_of(missed, 4))
    assert {id_: versions(again, id_) for id_ in missed} == dict.fromkeys(missed, VERSIONS)
    assert not any(isinstance(event, Reset) for event in again)


async def test_a_cursor_of_another_database_is_a_reset_and_a_snapshot(far: Far) -> None:
    (scheduled,) = await far.submit(1, scheduled_at=FAR)
    async with aclosing(far.client.feed("ab.1.2:1f")) as events:
        seen = await take(events, all_of([scheduled], 1))
    assert isinstance(seen[0], Reset)


async def test_a_line_that_falls_silent_is_given_up_and_nothing_is_missed(far: Far) -> None:
    (scheduled,) = await far.submit(1, scheduled_at=FAR)
    async with (
        aclosing(far.client.feed(dropped=far.drops.append)) as events,
        aclosing(far.client.watch(scheduled, dropped=far.drops.append)) as watched,
    ):
        await take(events, all_of([scheduled], 1))
        await take(watched, all_of([scheduled], 1))
        far.proxy.stall()
        await far.cancel(scheduled)
        for following in (events, watched):
            assert versions(await take(following, all_of([scheduled], 2)), scheduled) == [2]
    assert far.drops == ["keepalive ping timeout"] * 2


async def test_a_quiet_line_that_is_well_stays(far: Far) -> None:
    """Pings are answered through the proxy: otherwise the line would be dropped within twice their distance."""
    (scheduled,) = await far.submit(1, scheduled_at=FAR)
    async with aclosing(far.client.watch(scheduled, dropped=far.drops.append)) as watched:
        await take(watched, all_of([scheduled], 1))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5 * SHORT):
                await take(watched, lambda _: False)
    assert far.drops == []


def test_by_itself_it_pings() -> None:
    """The stalled line above is noticed with pings of the tests' own distance; this is the one that users get."""
    assert signature(Client).parameters["keepalive"].default == KEEPALIVE
    assert 0 < KEEPALIVE <= 30


async def test_a_watch_goes_on_through_cuts_and_refusals(far: Far) -> None:
    (id_,) = await far.submit(1, scheduled_at=FAR)
    async with aclosing(far.client.watch(id_, dropped=far.drops.append)) as watched:
        seen = await take(watched, all_of([id_], 1))
        far.proxy.cut()
        await far.proxy.refuse()
        far.proxy.cut()
        async with far.user.http.post(f"/v1/generations/{id_}/cancel") as answer:
            assert answer.status == 200
        await far.proxy.accept()
        seen += [event async for event in watched]
    assert versions(seen, id_) == [1, 2]
    assert far.drops


async def test_a_server_that_stays_away_is_given_up(far: Far) -> None:
    async with Client(far.proxy.url, far.user.key, patience=0.2) as client:
        await client.queue()
        async with aclosing(client.feed()) as events:
            (scheduled,) = await far.submit(1, scheduled_at=FAR)
            await take(events, all_of([scheduled], 1))
            await far.proxy.refuse()
            far.proxy.cut()
            with pytest.raises(Unreachable, match="does not answer"):
                await take(events, lambda _: False)


def pending(count: int) -> Callable[[Sequence[object]], bool]:
    """Whether the batch's last counts say that so many are pending."""
    return lambda events: (
        bool(counted := [event for event in events if isinstance(event, BatchCounts)])
        and counted[-1].counts["pending"] == count
    )


async def test_a_batch_tells_its_transitions_and_counts_through_a_cut(far: Far) -> None:
    batch = await submit(far.user, *["a lighthouse"] * 3, scheduled_at=FAR)
    ids = [member["id"] for member in batch["generations"]]
    async with aclosing(far.client.watch_batch(batch["id"], dropped=far.drops.append)) as events:
        seen = await take(events, pending(3))
        await far.cancel(ids[0])
        seen += await take(events, pending(2))
        far.proxy.cut()
        await far.cancel(ids[1])
        seen += await take(events, lambda read: pending(1)(read) and bool(versions(read, ids[1])))
    assert [versions(seen, id_) for id_ in ids] == [[1, 2], [1, 2], [1]]
    assert {event.id for event in seen if isinstance(event, BatchCounts)} == {batch["id"]}
    assert not any(isinstance(event, Reset) for event in seen)


async def test_the_queue_goes_on_after_a_cut(far: Far) -> None:
    async with aclosing(far.client.watch_queue(dropped=far.drops.append)) as standings:
        before = await anext(standings)
        far.proxy.cut()
        after = await anext(standings)
    for standing in (before, after):
        assert isinstance(standing, QueueStanding)
        assert "replicate" in [lane["lane"] for lane in standing.queue["lanes"]]
        assert standing.queue.keys() == {"counts", "lanes"}
    assert len(far.drops) == 1


async def test_leaving_a_feed_closes_its_line(far: Far) -> None:
    events: AsyncGenerator[object, None] = far.client.feed()
    (scheduled,) = await far.submit(1, scheduled_at=FAR)
    async with aclosing(events):
        await take(events, all_of([scheduled], 1))
        open_lines = far.proxy.open_lines
    await far.proxy.wait_open(open_lines - 1)
