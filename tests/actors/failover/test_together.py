"""One look for all providers: a worker that has its hands full at one buys at the others, and at that one later."""

import asyncio
from collections import Counter

from actors.buyer import ASKING
from actors.start import LARGEST_CLAIM
from pipeline.doorbell import Bell
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.actors.providers import routed, sold
from tests.pipeline.providers.painter.caller import Caller


async def test_full_hands_at_one_provider_keep_no_other_waiting(lab: Lab, painter: Caller, hands: Hands) -> None:
    at_fal, at_replicate = await lab.submit(**routed("fal")), await lab.submit(**routed("replicate"))
    with hands.start.buyers["fal"].pool.hold(ASKING) as held:
        assert held == ASKING
        first = asyncio.create_task(hands.start.turns.take())
        await lab.rung(Bell.COLLECT)
        assert (await lab.row(at_replicate)).prediction is not None
        second_at_replicate = await lab.submit(**routed("replicate"))
        second = asyncio.create_task(hands.start.turns.take())
        await lab.rung(Bell.COLLECT)
        assert (await lab.row(second_at_replicate)).prediction is not None
        assert (await lab.row(at_fal)).status == "queued"
        assert not first.done()
        assert not second.done()
    await asyncio.wait_for(asyncio.gather(first, second), PATIENCE)
    await hands.start.close(PATIENCE)
    assert sold(lab.settings.home) == {"replicate": 2, "fal": 1, "openai": 0}


async def test_more_than_one_claim_takes_is_bought_by_one_bell(lab: Lab, painter: Caller, hands: Hands) -> None:
    await lab.cap(1000)
    rows = [await lab.submit(**routed("replicate")) for _ in range(LARGEST_CLAIM + 6)]
    rows += [await lab.submit(**routed("fal"))]
    await hands.buy()
    assert Counter([(await lab.row(one)).provider for one in rows]) == {"replicate": LARGEST_CLAIM + 6, "fal": 1}
    assert sold(lab.settings.home) == {"replicate": LARGEST_CLAIM + 6, "fal": 1, "openai": 0}
