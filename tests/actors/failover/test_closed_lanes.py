"""What waits behind a closed lane is bought elsewhere, as far as there is room, at what it costs there."""

from decimal import Decimal

from pipeline.breaker import note_failure
from pipeline.doorbell import Bell
from pipeline.lanes import pause_lane
from pipeline.limits import set_limits
from pipeline.statements import fetch, statement
from tests.actors.failover.way import BOTH, stops
from tests.actors.lab import Hands, Lab
from tests.actors.providers import PRICES, faults, routed, sold
from tests.pipeline.providers.painter.caller import Caller

_FAIL = statement(
    "UPDATE lanes SET failures = :failures, trouble = 'no answer' WHERE provider = :provider RETURNING cap"
)


async def test_what_waits_behind_an_open_breaker_is_bought_elsewhere_and_the_line_stays_where_it_is(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    single = await lab.submit(**routed("replicate"))
    waiting = [await lab.submit(**routed(*BOTH)) for _ in range(3)]
    await lab.cap(2)
    for _ in range(5):
        row = await lab.row(single)
        await note_failure(lab.engine, "replicate", row.created_at, "the provider answered 503")
    await hands.sweep()
    await lab.rung(Bell.START)
    await hands.buy()
    rows = [await lab.row(one) for one in waiting]
    assert [row.provider for row in rows] == ["fal", "fal", "replicate"], "only as many as fal's cap lets in"
    assert rows[0].timeline[-1]["why"] == "bought elsewhere, as replicate is down: the provider answered 503"
    assert (rows[0].lane, rows[0].price) == ("", {"picture": PRICES["fal"]})
    assert (rows[2].status, (await lab.row(single)).status) == ("queued", "queued")
    await fetch(lab.engine, _FAIL, provider="replicate", failures=0)
    await lab.age()
    await hands.buy()
    assert [(await lab.row(one)).provider for one in (waiting[2], single)] == ["replicate", "replicate"]
    assert sold(lab.settings.home) == {"replicate": 2, "fal": 2, "openai": 0}


async def test_a_paused_lane_gives_way_and_so_does_one_whose_credentials_are_gone(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await pause_lane(lab.engine, "replicate", "", paused=True)
    generation_id = await lab.submit(**routed("replicate", "openai", "fal"))
    await fetch(lab.engine, statement("UPDATE lanes SET served = false WHERE provider = 'openai' RETURNING cap"))
    async with lab.hands(openai_api_key=None) as fewer:
        await fewer.buy()
    row = await lab.row(generation_id)
    assert (row.provider, row.timeline[-1]["why"]) == ("fal", "bought elsewhere, as replicate is paused")


async def test_a_budget_is_held_to_the_price_of_where_it_would_be_bought(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    """Enough for the first provider, not for the second."""
    between = Decimal("0.0035")
    await set_limits(lab.engine, "somebody", in_flight=None, per_minute=None, budget_usd=between, period="day")
    await pause_lane(lab.engine, "replicate", "", paused=True)
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, "has not the $0.0040 left" in row.error_message) == ("failed", True)
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 0, "openai": 0}


async def test_a_model_lane_of_the_next_provider_keeps_its_cap(lab: Lab, painter: Caller, hands: Hands) -> None:
    await fetch(
        lab.engine,
        statement("INSERT INTO lanes (provider, model_id, cap) VALUES ('fal', :model, 1) RETURNING cap"),
        model="black-forest-labs/flux-schnell",
    )
    await fetch(lab.engine, _FAIL, provider="replicate", failures=9)
    await pause_lane(lab.engine, "replicate", "", paused=True)
    await faults(painter, "fal", {"fault": "slow", "seconds": 60})
    for _ in range(3):
        await lab.submit(**routed(*BOTH))
    await hands.buy()
    await hands.buy()
    assert sold(lab.settings.home)["fal"] == 1


async def test_a_row_that_knows_a_prediction_waits_for_its_own_provider(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    generation_id = await lab.submit(**routed(*BOTH))
    await lab.by_hand(f"UPDATE image_generations SET replicate_prediction_id = 'p1' WHERE id = '{generation_id}'")
    await pause_lane(lab.engine, "replicate", "", paused=True)
    await hands.buy()
    assert (await lab.row(generation_id)).status == "queued"


async def test_five_failures_open_the_breaker_of_the_first_and_the_rest_never_asks_it(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await faults(painter, "replicate", {"fault": "reset_before"})
    rows = [await lab.submit(**routed(*BOTH)) for _ in range(5)]
    await hands.buy()
    more = [await lab.submit(**routed(*BOTH)) for _ in range(5)]
    await hands.buy()
    assert [stops(await lab.row(one)) for one in more] == [["fal"]] * 5
    await lab.age(lab.settings.lease_seconds)
    await faults(painter, "replicate")
    await hands.watcher.look()
    await hands.buy()
    asked = [stops(await lab.row(one)) for one in rows]
    assert all(one[0] == "replicate" and one[-1] == "fal" for one in asked), asked
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 10, "openai": 0}
