"""Who is sent to next: fairly among receivers, never by two at once, and not where it is not wanted."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.doorbell import Bell
from pipeline.statements import fetch, statement
from pipeline.sweep import bells_to_ring
from pipeline.webhooks.claim import MOST_TRIES, PER_HOST, claim_due
from pipeline.webhooks.log import replay
from pipeline.webhooks.schedule import Reply, Verdict
from pipeline.webhooks.secrets import read_secrets
from pipeline.webhooks.settle import settle, settled
from tests.events import URL, delivery_of, due, event, only_delivery, outbox

_FLOOD = statement("""
    INSERT INTO deliveries (id, user_id, generation_id, version, type, url, host, endpoint, payload, state, due_at)
    SELECT gen_random_uuid(), CAST(:who AS text), gen_random_uuid(), 1, 'generation.failed',
      'https://' || CAST(:host AS text), CAST(:host AS text), sha256(convert_to(CAST(:host AS text), 'UTF8')), '{}',
      'pending', now() - make_interval(secs => :age) + n * interval '1 ms'
    FROM generate_series(1, :count) AS n RETURNING id
""")
_LEASES_END = statement("UPDATE deliveries SET due_at = now() WHERE state = 'sending' RETURNING id")


async def flood(engine: AsyncEngine, host: str, count: int, age: float = 60, who: str = "somebody") -> None:
    """So many deliveries of a user's for a host, the oldest of them due for `age` seconds."""
    await fetch(engine, _FLOOD, host=host, count=count, age=age, who=who)


async def claim(engine: AsyncEngine, most: int = 64, lease: float = 30) -> Sequence[Row[Any]]:
    return await claim_due(engine, most, lease)


def hosts(rows: Sequence[Row[Any]]) -> Counter[str]:
    return Counter(row.url.removeprefix("https://") for row in rows)


async def fail(engine: AsyncEngine, row: Row[Any], status: int = 500, **verdict: Any) -> None:
    """Settle a claimed one with this answer."""
    assert await settle(engine, [settled(row.id, row.fence, Reply(status), Verdict(**verdict))]) == {row.id}


async def test_a_claim_begins_a_try_and_hands_over_what_it_takes(engine: AsyncEngine) -> None:
    made = await event(engine)
    assert await bells_to_ring(engine, "replicate") == [Bell.DELIVER]
    (row,) = await claim(engine)
    assert (row.id, row.state, row.attempts, row.place, row.secrets) == (made.id, "sending", 1, 1, None)
    assert (row.url, row.payload) == (URL, made.payload)
    held = await only_delivery(engine)
    assert (held.state, held.fence, list(held.tries[0])) == ("sending", made.fence + 1, ["at"])
    assert await claim(engine) == []
    assert await bells_to_ring(engine, "replicate") == []


async def test_one_that_is_not_due_is_left_alone(engine: AsyncEngine) -> None:
    await event(engine)
    (row,) = await claim(engine)
    await fail(engine, row, delay=3_600.0)
    assert await claim(engine) == []
    assert await bells_to_ring(engine, "replicate") == []
    await due(engine)
    assert [row.attempts for row in await claim(engine)] == [2]


async def test_a_lease_that_ended_is_taken_over_and_the_late_worker_writes_to_nothing(engine: AsyncEngine) -> None:
    await event(engine)
    (late,) = await claim(engine)
    await fetch(engine, _LEASES_END)
    assert await bells_to_ring(engine, "replicate") == [Bell.DELIVER]
    (ours,) = await claim(engine)
    assert ours.fence == late.fence + 1
    assert await settle(engine, [settled(late.id, late.fence, Reply(200), Verdict(delivered=True))]) == set()
    row = await only_delivery(engine)
    assert (row.state, row.attempts) == ("sending", 2)
    assert [list(one) for one in row.tries] == [["at"], ["at"]]  # what came of the first one nobody knows
    await fail(engine, ours, delay=5.0)
    assert (await only_delivery(engine)).tries[-1]["status"] == 500


async def test_claims_at_the_same_moment_share_what_is_due(engine: AsyncEngine) -> None:
    for host in ("a", "b", "c"):
        await flood(engine, host, 10)
    claimed = await asyncio.gather(*(claim(engine, 8) for _ in range(6)))
    ids = [row.id for rows in claimed for row in rows]
    assert len(ids) == len(set(ids)) >= 8


async def test_a_receiver_has_only_so_many_under_way(engine: AsyncEngine) -> None:
    await flood(engine, "a", 100)
    first = await claim(engine)
    assert len(first) == PER_HOST
    assert [row.place for row in first] == list(range(1, PER_HOST + 1))
    assert await claim(engine) == []
    for row in first[:3]:
        await fail(engine, row, delay=3_600.0)
    assert [row.place for row in await claim(engine)] == list(range(PER_HOST - 2, PER_HOST + 1))


async def test_a_flood_for_one_receiver_hides_nobody_else(engine: AsyncEngine) -> None:
    """By age alone, the dead one's two thousand would come first."""
    await flood(engine, "dead", 2_000, age=3_600)
    await flood(engine, "quick", 3, age=1)
    await flood(engine, "zoo", 1, age=1)
    assert hosts(await claim(engine)) == {"dead": PER_HOST, "quick": 3, "zoo": 1}


async def test_when_slots_are_scarce_who_has_the_least_under_way_comes_first(engine: AsyncEngine) -> None:
    await flood(engine, "dead", 2_000, age=3_600)
    assert hosts(await claim(engine, 8)) == {"dead": 8}
    await flood(engine, "quick", 20, age=1)
    assert hosts(await claim(engine, 8)) == {"quick": 8}
    assert hosts(await claim(engine, 8)) == {"dead": 4, "quick": 4}


async def test_users_of_one_host_share_it(engine: AsyncEngine) -> None:
    """A flood of one's keeps nobody else waiting for more than a place, however slow its answers are."""
    await flood(engine, "zaps", 500, age=3_600, who="flooder")
    first = await claim(engine)
    assert len(first) == PER_HOST
    for who in ("ada", "bob"):
        await flood(engine, "zaps", 3, age=1, who=who)
    for row in first[:4]:
        await fail(engine, row, delay=3_600.0)
    assert Counter(row.user_id for row in await claim(engine)) == {"ada": 2, "bob": 2}
    for row in first[4:6]:
        await fail(engine, row, delay=3_600.0)
    assert Counter(row.user_id for row in await claim(engine)) == {"ada": 1, "bob": 1}


async def test_what_waits_for_an_endpoint_that_asks_for_patience_waits_with_it(engine: AsyncEngine) -> None:
    for url in (URL, URL, URL, f"{URL}/other"):
        await event(engine, url)
    (other,) = [row for row in await outbox(engine) if row.url != URL]
    row = next(row for row in await claim(engine, 1))
    await fail(engine, row, 429, delay=90.0, hold=60.0)
    waiting = [one for one in await outbox(engine) if one.id not in (row.id, other.id)]
    assert [round((one.due_at - one.created_at).total_seconds()) for one in waiting] == [60, 60]
    later = await event(engine)
    assert round((later.due_at - later.created_at).total_seconds()) == 60
    assert [row.id for row in await claim(engine)] == [other.id]  # another address of the same user's
    await due(engine)
    assert {row.state for row in await claim(engine)} == {"pending", "sending"}  # a claim looks, too
    assert [row.attempts for row in await outbox(engine)] == [1, 0, 0, 2, 0]


async def test_what_waits_for_an_endpoint_that_is_gone_is_disabled_and_so_is_what_comes_later(
    engine: AsyncEngine,
) -> None:
    for _ in range(3):
        await event(engine)
    (row,) = await claim(engine, 1)
    await fail(engine, row, 410, gone=True)
    await event(engine)
    await event(engine, user_id="somebody else")
    states = [(one.state, one.due_at is None, one.settled_at is None) for one in await outbox(engine)]
    assert states == [("disabled", True, False)] * 4 + [("pending", False, True)]
    assert [row.user_id for row in await claim(engine)] == ["somebody else"]


async def test_one_that_was_claimed_while_its_endpoint_went_is_not_sent_again(engine: AsyncEngine) -> None:
    await event(engine)
    await event(engine)
    one, other = await claim(engine, 2)
    await fail(engine, one, 410, gone=True)
    await fail(engine, other, 500, delay=0.0)
    assert [row.state for row in await claim(engine)] == ["disabled"]
    assert await claim(engine) == []


async def test_a_replay_enables_its_endpoint(engine: AsyncEngine) -> None:
    await event(engine)
    await event(engine)
    (row,) = await claim(engine, 1)
    await fail(engine, row, 410, gone=True)
    again = await replay(engine, row.id)
    assert again is not None
    assert (again.state, again.attempts, again.settled_at) == ("pending", 0, None)
    assert [row.id for row in await claim(engine)] == [row.id]
    assert (await event(engine)).state == "pending"
    assert [one.state for one in await outbox(engine)] == ["sending", "disabled", "pending"]


async def test_a_replay_of_what_is_being_sent_waits_for_the_try_that_is_under_way(engine: AsyncEngine) -> None:
    await event(engine)
    (row,) = await claim(engine)
    await replay(engine, row.id)
    assert await claim(engine) == []
    assert await settle(engine, [settled(row.id, row.fence, Reply(200), Verdict(delivered=True))])
    held = await delivery_of(engine, row.id)
    assert (held.state, held.attempts, held.settled_at, held.tries[-1]["status"]) == ("pending", 0, None, 200)
    (again,) = await claim(engine)
    assert (again.id, again.attempts) == (row.id, 1)
    assert await settle(engine, [settled(again.id, again.fence, Reply(200), Verdict(delivered=True))])
    assert (await delivery_of(engine, row.id)).state == "delivered"


async def test_the_log_of_tries_is_bounded_and_keeps_the_latest(engine: AsyncEngine) -> None:
    await event(engine)
    for number in range(MOST_TRIES + 3):
        (row,) = await claim(engine)
        await fail(engine, row, 400 + number, delay=0.0)
    tries = (await only_delivery(engine)).tries
    assert [one["status"] for one in tries] == [403 + number for number in range(MOST_TRIES)]


async def test_the_secrets_that_sign_come_along_newest_first(engine: AsyncEngine) -> None:
    (secret,) = await read_secrets(engine, "somebody")
    await event(engine)
    assert [row.secrets for row in await claim(engine)] == [[secret.secret]]
