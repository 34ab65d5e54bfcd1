"""Webhooks as they come in the world: lost, doubled, late, forged, out of order."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
from standardwebhooks import Webhook

from pipeline.doorbell import Bell
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]


async def told(painter: Caller, count: int) -> list[dict[str, Any]]:
    """The tries of the only prediction's webhooks, once there are `count` of them."""
    async with asyncio.timeout(PATIENCE):
        while True:
            _, body = await painter.ask("GET", "/_painter/ledger")
            tries: list[dict[str, Any]] = body["predictions"][0]["deliveries"]
            if len(tries) >= count:
                return tries


async def test_a_doubled_webhook_develops_once(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "double_webhook"})
    generation_id = await lab.submit()
    await hands.buy()
    assert [one["status"] for one in await told(painter, 2)] == [200, 200]
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    await hands.develop()
    assert statuses(await lab.row(generation_id)) == DEVELOPED
    assert len(await lab.images(generation_id)) == 1


async def test_a_webhook_after_the_end_changes_nothing(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "late_webhook", "seconds": 0.3})
    generation_id = await lab.submit()
    await hands.buy()
    (bought,) = lab.sold()
    await painter.finished(bought.id)
    await lab.age()
    await hands.watcher.look()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    before = await lab.row(generation_id)
    assert statuses(before) == DEVELOPED
    (late,) = await told(painter, 1)
    assert (late["status"], await lab.row(generation_id)) == (200, before)
    assert not await lab.is_ringing(Bell.COLLECT)


async def test_a_forged_webhook_is_refused_and_the_genuine_one_taken(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "forged_webhook"})
    generation_id = await lab.submit()
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    assert statuses(await lab.row(generation_id)) == DEVELOPED


async def test_a_start_that_comes_after_the_end_changes_nothing(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await lab.submit()
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    (bought,) = lab.sold()
    before = await lab.row(generation_id)
    assert before.prediction["status"] == "succeeded"
    body = orjson.dumps({"id": bought.id, "status": "processing"})
    _, secret = await painter.ask("GET", "/v1/webhooks/default/secret")
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret["key"]).sign("m1", now, body.decode()),
    }
    assert bought.webhook is not None
    async with aiohttp.request("POST", bought.webhook, data=body, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {"taken": False})
    assert await lab.row(generation_id) == before
    await hands.develop()
    assert statuses(await lab.row(generation_id)) == DEVELOPED


async def test_a_slow_models_log_tells_how_far_it_is(lab: Lab, hands: Hands) -> None:
    """Percent is no transition: neither the version nor the fence moves, and a quick model is not asked for it."""
    async with lab.painting(seconds="2.5") as painter:
        slow = await lab.submit(model="black-forest-labs/flux-dev", model_id="black-forest-labs/flux-dev")
        quick = await lab.submit()
        await hands.buy()
        before = await lab.row(slow)
        async with asyncio.timeout(PATIENCE):
            while (row := await lab.row(slow)).progress is None:
                pass
        assert 0 < row.progress < 100
        assert (row.status, row.version, row.fence) == ("processing", before.version, before.fence)
        for sold in lab.sold():
            await painter.finished(sold.id)
        assert (await lab.row(quick)).progress is None
