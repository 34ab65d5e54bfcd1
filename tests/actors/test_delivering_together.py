"""Many deliveries, several workers: nobody waits for somebody else's receiver, and none is sent by two at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from actors.deliver import LEFT
from pipeline.cancel import cancel
from pipeline.doorbell import Bell
from pipeline.webhooks.claim import PER_HOST
from schema.statuses import FINAL
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.actors.mailroom import Mailroom, mailroom_of
from tests.actors.pictures import downloading
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.webhooks.receiver import answering, hanging, receiving


@pytest.fixture
async def mailroom(lab: Lab) -> AsyncIterator[Mailroom]:
    """A worker that may reach this machine."""
    async with mailroom_of(lab) as opened:
        yield opened


async def test_a_receiver_that_hangs_holds_up_no_other(mailroom: Mailroom) -> None:
    """It has three times as many events as it may have under way, and all of them are older."""
    async with receiving() as dead, receiving() as quick:
        dead.url = dead.url.replace("127.0.0.1", "localhost")  # another host
        dead.answers += [hanging] * 3 * PER_HOST
        for _ in range(3 * PER_HOST):
            await mailroom.event(dead.url)
        ids = {str((await mailroom.event(quick.url)).id) for _ in range(2 * PER_HOST)}
        async with mailroom.at_work():
            came = await quick.until(len(ids))
            assert len(await dead.until(PER_HOST)) == PER_HOST
    assert Counter(one.id for one in came) == dict.fromkeys(ids, 1)


async def test_what_waits_behind_a_full_receiver_goes_on_when_a_place_is_free(mailroom: Mailroom) -> None:
    """Without a sweep: each one that had company rings when it is done."""
    async with receiving() as receiver:
        ids = {str((await mailroom.event(receiver.url)).id) for _ in range(4 * PER_HOST)}
        async with mailroom.at_work():
            await receiver.until(len(ids))
        await mailroom.deliver.pool.close(PATIENCE)
    assert Counter(came.id for came in receiver.received) == dict.fromkeys(ids, 1)
    assert {row.state for row in await mailroom.outbox()} == {"delivered"}


async def test_one_alone_rings_for_nobody(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        await mailroom.event(receiver.url)
        await mailroom.send()
    assert not await mailroom.lab.is_ringing(Bell.DELIVER)


async def test_two_workers_never_send_one_at_the_same_time(lab: Lab, mailroom: Mailroom) -> None:
    under_way: Counter[str] = Counter()

    async def answer(request: web.BaseRequest) -> web.Response:
        event_id = request.headers["webhook-id"]
        under_way[event_id] += 1
        assert under_way[event_id] == 1
        for _ in range(50):
            await asyncio.sleep(0)
        under_way[event_id] -= 1
        return web.Response()

    async with receiving() as receiver, mailroom_of(lab) as other:
        receiver.answers += [answer] * 60
        ids = [str((await mailroom.event(receiver.url)).id) for _ in range(60)]
        async with asyncio.timeout(PATIENCE):
            while {row.state for row in await mailroom.outbox()} != {"delivered"}:
                await asyncio.gather(*(one.send() for one in (mailroom, other) for _ in range(2)))
    assert Counter(came.id for came in receiver.received) == dict.fromkeys(ids, 1)


async def test_a_worker_that_froze_past_its_lease_sends_nothing_and_writes_to_nothing(
    lab: Lab, mailroom: Mailroom
) -> None:
    """The first one's receiver keeps it waiting; its row is taken over meanwhile and sent again, under the same id."""
    answered = asyncio.Event()

    async def late(_: web.BaseRequest) -> web.Response:
        await answered.wait()
        return web.Response(status=500)

    async with receiving() as receiver, mailroom_of(lab) as other:
        receiver.answers.append(late)
        made = await mailroom.event(receiver.url)
        await mailroom.deliver.turns.take()
        await receiver.until(1)
        await other.send()
        assert len(receiver.received) == 1  # its lease holds
        await mailroom.pass_time()
        await other.send()
        row = await mailroom.delivery()
        answered.set()
        await mailroom.deliver.pool.close(PATIENCE)
        assert await mailroom.delivery() == row
    assert [came.id for came in receiver.received] == [str(made.id)] * 2
    assert (row.state, [one.get("status") for one in row.tries]) == ("delivered", [None, 200])


async def test_a_worker_whose_lease_is_nearly_over_does_not_begin(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        await mailroom.event(receiver.url)
        row = await mailroom.claim()
        now = asyncio.get_running_loop().time()
        await mailroom.deliver.send(row, lease_ends=now + PATIENCE)
        assert receiver.received == []
        await mailroom.deliver.send(row, lease_ends=now + 2 * PATIENCE)
        assert len(receiver.received) == 1


async def test_a_worker_that_leaves_lets_go_at_once_and_the_try_does_not_count(lab: Lab, mailroom: Mailroom) -> None:
    async with receiving() as receiver, mailroom_of(lab) as leaving:
        receiver.answers.append(hanging)
        await mailroom.event(receiver.url)
        await leaving.deliver.turns.take()
        await receiver.until(1)
        await leaving.deliver.pool.close(0)
        row = await mailroom.delivery()
        assert (row.state, row.attempts, await mailroom.log()) == ("pending", 0, [(None, LEFT.error, None)])
        await mailroom.send()
    assert len({came.id for came in receiver.received}) == 1
    assert (await mailroom.delivery()).state == "delivered"


async def test_answers_that_come_together_are_settled_together(mailroom: Mailroom) -> None:
    """And each as its own: one failure among successes."""
    async with receiving() as receiver:
        receiver.answers += [answering(200)] * 5 + [answering(500)] + [answering(200)] * 5
        for _ in range(11):
            await mailroom.event(receiver.url)
        await mailroom.send()
    assert Counter(row.state for row in await mailroom.outbox()) == {"delivered": 10, "pending": 1}


async def test_completion_and_cancellation_at_once_leave_one_event_for_each_final_transition(
    lab: Lab, painter: Caller, hands: Hands, mailroom: Mailroom
) -> None:
    async with receiving() as receiver:
        ids = [await downloading(lab, hands, webhook_url=receiver.url) for _ in range(6)]
        await asyncio.gather(hands.keep(), *(cancel(lab.engine, id_) for id_ in ids))
        await mailroom.send()
    told = {(came.event["data"]["id"], came.event["data"]["version"], came.event["type"]) for came in receiver.received}
    final = {
        (str(id_), entry["v"], f"generation.{entry['status']}")
        for id_ in ids
        for entry in (await lab.row(id_)).timeline
        if entry["status"] in FINAL
    }
    assert told == final
    assert len(receiver.received) == len(final) == 6
