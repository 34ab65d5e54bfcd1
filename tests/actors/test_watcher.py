"""The watcher: what it asks after, what it adopts, and what it gives up."""

import logging

import pytest
from aiohttp import web

from pipeline.doorbell import Bell
from tests.actors.lab import Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.replicate.liar import lying
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]


@pytest.mark.parametrize("count", [1, 7])
async def test_lost_webhooks_are_asked_after_one_by_one_or_from_the_list(
    lab: Lab, painter: Caller, hands: Hands, count: int
) -> None:
    await painter.faults({"fault": "lost_webhook"})
    ids = [await lab.submit() for _ in range(count)]
    await hands.buy()
    for bought in lab.sold():
        await painter.finished(bought.id)
    await hands.watcher.look()
    assert not await lab.is_ringing(Bell.COLLECT)  # not due yet
    await lab.age()
    await hands.watcher.look()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    assert [statuses(await lab.row(id_)) for id_ in ids] == [DEVELOPED] * count


async def test_a_prediction_under_way_is_left_alone_and_asked_after_again(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "slow", "seconds": 60})
    generation_id = await lab.submit()
    await hands.buy()
    before = await lab.row(generation_id)
    await lab.age()
    await hands.watcher.look()
    row = await lab.row(generation_id)
    assert (row.status, row.version, row.prediction) == ("processing", before.version, None)
    assert row.fence > before.fence
    assert (
        0
        < (row.due_at - before.attempt_at).total_seconds()
        <= hands.resources.look_seconds(hands.resources.providers["replicate"]) + 10
    )


async def test_a_prediction_the_provider_has_forgotten_is_bought_again(lab: Lab, hands: Hands) -> None:
    async with lab.painting(seconds="60"):
        generation_id = await lab.submit()
        await hands.buy()
    async with lab.painting(home=lab.settings.home / "another painter"):
        await lab.age()
        await hands.watcher.look()
    row = await lab.row(generation_id)
    assert (row.status, row.attempt_number) == ("pending", 1)
    assert "no longer knows" in row.timeline[-1]["why"]


async def test_a_provider_that_is_away_changes_nothing(
    lab: Lab, hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    async with lab.painting(seconds="60"):
        generation_id = await lab.submit()
        await hands.buy()
    await lab.age()
    with caplog.at_level(logging.WARNING):
        await hands.watcher.look()
    assert "could not ask after it (it will again)" in caplog.text
    assert (await lab.row(generation_id)).status == "processing"


async def test_orphans_with_the_same_input_adopt_a_prediction_each(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "reset_after"}, {"fault": "lost_webhook"})
    same = {"prompt": "a storm", "seed": 7}
    ids = [await lab.submit(input=same) for _ in range(2)]
    await hands.buy()
    for bought in lab.sold():
        await painter.finished(bought.id)
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    adopted = {(await lab.row(id_)).replicate_prediction_id for id_ in ids}
    assert adopted == {bought.id for bought in lab.sold()}
    assert len(adopted) == 2


async def test_an_orphan_does_not_adopt_what_belongs_to_another_row(lab: Lab, painter: Caller, hands: Hands) -> None:
    same = {"prompt": "a storm", "seed": 7}
    await painter.faults({"fault": "slow", "seconds": 60})
    owner = await lab.submit(input=same)
    await hands.buy()
    await painter.faults({"fault": "reset_before"})
    orphan = await lab.submit(input=same)
    await hands.buy()
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    (bought,) = lab.sold()
    assert (await lab.row(owner)).replicate_prediction_id == bought.id
    row = await lab.row(orphan)
    assert (row.status, row.replicate_prediction_id) == ("pending", None)
    assert "answer was lost" in row.timeline[-1]["why"]


async def test_a_prediction_that_cannot_be_read_does_not_hold_up_the_others(lab: Lab) -> None:
    sold: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "POST":
            sold.append(f"p{len(sold)}")
            return web.json_response({"id": sold[-1], "status": "starting"}, status=201)
        asked = request.path.rpartition("/")[2]
        if asked != "p1":
            return web.Response(status=500)
        return web.json_response({"id": asked, "status": "succeeded", "output": "http://127.0.0.1:1/a.png"})

    async with lying(answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        ids = [await lab.submit() for _ in range(3)]
        await hands.buy()
        await lab.age()
        await hands.watcher.look()
        heard = [row.replicate_prediction_id for id_ in ids if (row := await lab.row(id_)).prediction]
    assert heard == ["p1"]


async def test_an_id_that_is_sold_twice_does_not_keep_others_from_being_written_down(lab: Lab) -> None:
    sold = iter(["p1", "p1", "p2", "p3", "p4"])

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response({"id": next(sold), "status": "starting"}, status=201)

    async with lying(answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        ids = [await lab.submit() for _ in range(5)]
        await hands.buy()
    known = [(await lab.row(id_)).replicate_prediction_id for id_ in ids]
    assert sorted(one for one in known if one) == ["p1", "p2", "p3", "p4"]
