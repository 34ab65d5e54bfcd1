"""What receivers do, and what the log says of it; every event comes at least once, under one id."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from actors.deliver import KILLS
from pipeline.delete import delete
from pipeline.doorbell import Bell
from pipeline.embedded.ports import any_free_port
from pipeline.statements import fetch, statement
from pipeline.webhooks.log import replay
from pipeline.webhooks.post import KEPT_BYTES
from pipeline.webhooks.schedule import JITTER, SCHEDULE
from pipeline.webhooks.secrets import read_secrets, rotate_secret
from tests.actors.lab import Hands, Lab
from tests.actors.mailroom import Mailroom, mailroom_of
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.webhooks.receiver import Answer, Received, answering, cutting, endless, hanging, receiving

_TRIES = statement("UPDATE deliveries SET attempts = :attempts RETURNING id")


@pytest.fixture
async def mailroom(lab: Lab) -> AsyncIterator[Mailroom]:
    """A worker that may reach this machine."""
    async with mailroom_of(lab) as opened:
        yield opened


async def test_it_is_sent_as_it_was_written_and_signed(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        receiver.answers.append(answering(200, "thank you"))
        made = await mailroom.event(receiver.url)
        await mailroom.send()
    (came,) = receiver.received
    assert (came.id, came.body.decode()) == (str(made.id), made.payload)
    assert came.headers["Content-Type"] == "application/json"
    came.verify(await mailroom.secret())
    row = await mailroom.delivery()
    assert (row.state, row.due_at, row.attempts, row.settled_at is None) == ("delivered", None, 1, False)
    (tried,) = row.tries
    assert set(tried) == {"at", "seconds", "status", "error", "answer"}
    assert await mailroom.log() == [(200, None, "thank you")]
    await mailroom.pass_time()
    await mailroom.send()
    assert len(receiver.received) == 1


async def test_a_rotated_secret_signs_beside_the_new_one(mailroom: Mailroom) -> None:
    old = await mailroom.secret()
    await rotate_secret(mailroom.lab.engine, "somebody")
    async with receiving() as receiver:
        await mailroom.event(receiver.url)
        await mailroom.send()
    (came,) = receiver.received
    new = await mailroom.secret()
    assert new != old
    for secret in (old, new):
        came.verify(secret)


FAILURES: list[tuple[Answer, int | None, str]] = [
    (answering(500, "oh"), 500, ""),
    (answering(404), 404, ""),
    (answering(301, Location="http://127.0.0.1/elsewhere"), 301, "which is not followed"),
    (cutting, None, "127.0.0.1 cannot be reached (ServerDisconnectedError)"),
    (hanging, None, "no answer within 0.3 s"),
]


@pytest.mark.parametrize(("answer", "status", "error"), FAILURES)
async def test_a_failure_is_written_down_and_the_same_bytes_come_again(
    lab: Lab, answer: Answer, status: int | None, error: str
) -> None:
    async with receiving() as receiver, mailroom_of(lab, timeout=0.3) as mailroom:
        receiver.answers.append(answer)
        await mailroom.event(receiver.url)
        await mailroom.send()
        row = await mailroom.delivery()
        pause = (row.due_at - row.created_at).total_seconds()
        assert (row.state, row.attempts) == ("pending", 1)
        assert 5 * (1 - JITTER) < pause < 5 * (1 + JITTER) + 5
        await mailroom.send()  # it is not due
        await mailroom.pass_time()
        await mailroom.send()
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    (tried, _), row = await mailroom.log(), await mailroom.delivery()
    assert tried[0] == status
    assert error in (tried[1] or "")
    assert [one["status"] for one in row.tries][1:] == [200]
    assert row.state == "delivered"


async def test_a_receiver_that_is_down_for_an_hour_gets_its_event_when_it_is_back(mailroom: Mailroom) -> None:
    """Time passes by moving `due_at` back, after a look at how far ahead it was."""
    port = any_free_port()
    made = await mailroom.event(f"http://127.0.0.1:{port}/hook")
    away = timedelta()
    while away < timedelta(hours=1):
        await mailroom.send()
        row = await mailroom.delivery()
        assert (row.state, row.tries[-1]["error"]) == ("pending", "127.0.0.1 cannot be reached (ClientConnectorError)")
        pause = row.due_at - row.created_at
        planned = timedelta(seconds=SCHEDULE[row.attempts])
        assert planned * (1 - JITTER) <= pause <= planned * (1 + JITTER) + timedelta(seconds=20)
        away += pause
        await mailroom.pass_time()
    async with receiving(port) as receiver:
        await mailroom.send()
    (came,) = receiver.received
    came.verify(await mailroom.secret())
    row = await mailroom.delivery()
    assert (came.id, row.state, row.attempts) == (str(made.id), "delivered", 5)
    assert [one["status"] for one in row.tries] == [None] * 4 + [200]


async def test_a_receiver_that_stays_away_is_given_up_after_the_last_try_and_may_be_asked_again(
    mailroom: Mailroom,
) -> None:
    async with receiving() as receiver:
        receiver.answers += [answering(500)] * len(SCHEDULE)
        made = await mailroom.event(receiver.url)
        for _ in range(len(SCHEDULE) + 2):
            await mailroom.send()
            await mailroom.pass_time()
        row = await mailroom.delivery()
        assert (row.state, row.attempts, row.due_at, len(row.tries)) == ("failed", 10, None, 10)
        assert await replay(mailroom.lab.engine, made.id) is not None
        await mailroom.send()
    assert {came.id for came in receiver.received} == {str(made.id)}
    assert len({came.body for came in receiver.received}) == 1
    row = await mailroom.delivery()
    assert (row.state, row.attempts, len(row.tries)) == ("delivered", 1, 11)


async def test_gone_disables_the_endpoint_until_somebody_replays(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        receiver.answers.append(answering(410))
        made = await mailroom.event(receiver.url)
        await mailroom.send()
        await mailroom.event(receiver.url)
        await mailroom.pass_time()
        await mailroom.send()
        assert [row.state for row in await mailroom.outbox()] == ["disabled"] * 2
        assert len(receiver.received) == 1
        await replay(mailroom.lab.engine, made.id)
        third = await mailroom.event(receiver.url)
        await mailroom.send()
    assert [row.state for row in await mailroom.outbox()] == ["delivered", "disabled", "delivered"]
    assert {came.id for came in receiver.received[1:]} == {str(made.id), str(third.id)}


@pytest.mark.parametrize(("headers", "hold"), [({"Retry_After": "90"}, 90), ({}, 30)])
@pytest.mark.parametrize("status", [429, 503])
async def test_who_asks_for_patience_gets_it_for_everything(
    mailroom: Mailroom, status: int, headers: dict[str, str], hold: int
) -> None:
    async with receiving() as receiver:
        receiver.answers.append(answering(status, **headers))
        await mailroom.event(receiver.url)
        await mailroom.send()
        second = await mailroom.event(receiver.url)
        await mailroom.send()
        assert len(receiver.received) == 1
        first, _ = await mailroom.outbox()
        for row in (first, second):
            assert hold - 1 < (row.due_at - first.created_at).total_seconds() < hold + 20
        assert (await mailroom.outbox())[0].tries[0]["status"] == status


async def test_an_endless_answer_is_a_success_and_its_beginning_is_kept(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        receiver.answers.append(endless)
        await mailroom.event(receiver.url)
        await mailroom.send()
        assert await mailroom.log() == [(200, None, "x" * KEPT_BYTES)]
        assert (await mailroom.delivery()).state == "delivered"


@pytest.mark.parametrize("host", ["http://127.0.0.1", "https://127.0.0.1", "https://localhost"])
async def test_what_leads_inside_is_never_asked(lab: Lab, host: str) -> None:
    """An address that was allowed when it was given, or a name that has come to lead here."""
    async with receiving() as receiver, mailroom_of(lab, inside=False) as mailroom:
        await mailroom.event(f"{host}:{receiver.url.split(':')[2]}")
        await mailroom.send()
        assert receiver.received == []
        ((status, error, _),) = await mailroom.log()
        assert (status, error) == (None, f"{host.split('//')[1]} is not on the public internet")
        assert (await mailroom.delivery()).state == "pending"


async def test_deleting_the_generation_does_not_stop_its_event(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        made = await mailroom.event(receiver.url)
        assert await delete(mailroom.lab.engine, made.generation_id)
        await mailroom.send()
    (came,) = receiver.received
    assert came.event["data"]["id"] == str(made.generation_id)


async def test_one_that_no_worker_survives_comes_to_an_end(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        await mailroom.event(receiver.url)
        await fetch(mailroom.lab.engine, _TRIES, attempts=len(SCHEDULE))
        await mailroom.send()
    assert receiver.received == []
    assert ((await mailroom.delivery()).state, await mailroom.log()) == ("failed", [(None, KILLS.error, None)])


async def test_a_developed_one_rings_and_tells_of_its_pictures(
    lab: Lab, painter: Caller, hands: Hands, mailroom: Mailroom
) -> None:
    async with receiving() as receiver:
        generation_id = await lab.submit(webhook_url=receiver.url)
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
        await lab.rung(Bell.DELIVER)
        await mailroom.send()
    (came,) = receiver.received
    row = await lab.row(generation_id)
    (image,) = await lab.images(generation_id)
    data: dict[str, Any] = came.event["data"]
    assert (came.event["type"], data["version"], data["at"]) == (
        "generation.completed",
        row.version,
        row.timeline[-1]["at"],
    )
    assert [(one["url"], one["file_size"]) for one in data["images"]] == [(image.public_url, image.file_size)]


async def test_the_sweep_rings_for_what_nobody_rang_for(lab: Lab, mailroom: Mailroom, hands: Hands) -> None:
    async with receiving() as receiver:
        generation_id = await lab.submit(webhook_url=receiver.url)
        await lab.by_hand(f"UPDATE image_generations SET status = 'failed' WHERE id = '{generation_id}'")
        await hands.sweep()
        await lab.rung(Bell.DELIVER)
        await mailroom.send()
        await hands.sweep()
        assert not await lab.is_ringing(Bell.DELIVER)
    assert [came.event["data"]["why"] for came in receiver.received] == ["changed by hand"]


async def test_a_first_secret_is_made_for_the_first_event(mailroom: Mailroom) -> None:
    async with receiving() as receiver:
        await mailroom.event(receiver.url)
        await mailroom.event(receiver.url, user_id="somebody else")
        await mailroom.send()
    of = {row.id: row.user_id for row in await mailroom.outbox()}
    signed: dict[str, Received] = {next(u for i, u in of.items() if str(i) == one.id): one for one in receiver.received}
    for user_id, came in signed.items():
        ((secret),) = await read_secrets(mailroom.lab.engine, user_id)
        came.verify(secret.shown)
