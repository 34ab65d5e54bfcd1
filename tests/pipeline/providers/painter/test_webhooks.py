"""Webhooks: which come, signed how, in which order, and when again."""

import asyncio

from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.painter.conftest import Painting
from tests.pipeline.providers.painter.receiver import Receiver

START_AND_END = ["start", "completed"]
EVERYTHING = ["start", "output", "logs", "completed"]


async def test_start_then_completed_signed_and_as_shown(painter: Caller, trusted: Receiver) -> None:
    created = await painter.create(webhook=f"{trusted.url}/here", webhook_events_filter=START_AND_END)
    start, end = await trusted.until("succeeded")
    assert start.genuine
    assert start.path == end.path == "/here"
    assert start.message != end.message
    assert (start.status, end.status) == ("processing", "succeeded")
    assert end.body == await painter.get(created["id"])


async def test_without_a_filter_the_end_is_told(painter: Caller, trusted: Receiver) -> None:
    await painter.create(webhook=trusted.url)
    assert [one.status for one in await trusted.until("succeeded")] == ["succeeded"]


async def test_the_receiver_learns_of_a_cancelled_prediction(painting: Painting, receiver: Receiver) -> None:
    async with painting(seconds="30") as painter:
        created = await painter.create(webhook=receiver.url)
        await painter.ask("POST", f"/v1/predictions/{created['id']}/cancel")
        assert (await receiver.next()).status == "canceled"


async def test_logs_and_outputs_are_told_while_it_runs(painting: Painting, receiver: Receiver) -> None:
    async with painting(prepared=False, seconds="1.0") as painter:
        await painter.create(webhook=receiver.url, webhook_events_filter=EVERYTHING)
        told = [one.body for one in await receiver.until("succeeded")]
        running = [body for body in told if body["status"] == "processing"]
        assert any("0%|" in body["logs"] and body["output"] is None for body in running)
        assert len(running) <= 4  # start, and at most one of the others every 500 ms


async def test_a_refused_end_comes_again_with_the_same_id(painter: Caller, trusted: Receiver) -> None:
    trusted.answers = [500]
    created = await painter.create(webhook=trusted.url, webhook_events_filter=["completed"])
    first, second = await trusted.next(), await trusted.next()
    assert first.genuine
    assert second.genuine
    assert first.message == second.message
    assert first.body == second.body
    deliveries = await _deliveries(painter, created["id"], 2)
    assert [(one["status"], one["settled"]) for one in deliveries] == [(500, False), (200, True)]


async def test_a_refused_start_never_comes_again(painter: Caller, trusted: Receiver) -> None:
    trusted.answers = [500]
    await painter.create(webhook=trusted.url, webhook_events_filter=START_AND_END)
    assert [one.status for one in await trusted.until("succeeded")] == ["processing", "succeeded"]


async def test_redirects_are_not_followed(painter: Caller, trusted: Receiver) -> None:
    trusted.answers = [301]
    created = await painter.create(webhook=f"{trusted.url}/old", webhook_events_filter=["completed"])
    assert (await trusted.next()).path == "/old"
    (only,) = await _deliveries(painter, created["id"], 1)
    assert (only["status"], only["settled"]) == (301, True)


async def _deliveries(painter: Caller, key: str, count: int) -> list[dict[str, object]]:
    """The ledger's deliveries of one prediction: the painter notes a try just after its answer."""
    async with asyncio.timeout(10):
        return await _noted(painter, key, count)


async def _noted(painter: Caller, key: str, count: int) -> list[dict[str, object]]:
    while True:
        _, body = await painter.ask("GET", "/_painter/ledger")
        (sold,) = [one for one in body["predictions"] if one["id"] == key]
        if len(sold["deliveries"]) >= count:
            deliveries: list[dict[str, object]] = sold["deliveries"]
            return deliveries
