"""A provider that asks for patience: afterwards one goes ahead, not sixty, whether it buys, reads or cancels."""

from collections import Counter
from dataclasses import dataclass, field

from aiohttp import web

from pipeline.cancel import cancel
from pipeline.statements import fetch, statement
from tests.actors.lab import Hands, Lab
from tests.pipeline.providers.replicate.liar import lying

PICTURES = 41
AT_ONCE = 6
"""What it takes in one of its windows; Replicate's rate with little credit is so many a minute."""

_LANE = statement("SELECT allowance, failures, trouble, open_until FROM lanes WHERE model_id = ''")


@dataclass
class Limited:
    """A provider that takes `left` more calls, and refuses the others for twenty seconds."""

    left: int = AT_ONCE
    sold: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Every purchase, read and cancel counts."""
        self.calls[kind_of(request)] += 1
        if self.left <= 0:
            return web.json_response({"detail": "Request was throttled."}, status=429, headers={"Retry-After": "20"})
        self.left -= 1
        if kind_of(request) == "create":
            self.sold.append(f"p{len(self.sold)}")
            return web.json_response({"id": self.sold[-1], "status": "starting"}, status=201)
        return web.json_response({"id": request.path.split("/")[3], "status": "canceled"})


def kind_of(request: web.BaseRequest) -> str:
    """What a request asks for."""
    if request.path.endswith("/cancel"):
        return "cancel"
    return "create" if request.method == "POST" else "read"


async def window(lab: Lab, hands: Hands, limited: Limited) -> int:
    """Buy until nothing more can be bought now; how many purchases were tried."""
    limited.left, before = AT_ONCE, limited.calls["create"]
    while True:
        tried = limited.calls["create"]
        await hands.buy()
        if limited.calls["create"] == tried:
            return tried - before


async def test_after_a_throttle_hardly_more_than_two_are_asked_for_each_that_is_taken(lab: Lab) -> None:
    limited = Limited()
    async with lying(limited.answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        for _ in range(PICTURES):
            await lab.submit()
        first = await window(lab, hands, limited)
        windows = []
        while len(limited.sold) < PICTURES:
            # Its twenty seconds are over, and whoever was refused is due again.
            await lab.age()
            await hands.sweep()
            windows.append(await window(lab, hands, limited))
    assert first == PICTURES
    assert limited.calls["create"] - first <= 2 * (PICTURES - AT_ONCE)
    assert max(windows) <= 2 * AT_ONCE
    # In each of its windows one went first, and what could be sold was sold.
    assert len(windows) <= 2 * (PICTURES // AT_ONCE)


async def test_one_goes_first_and_when_it_is_refused_nobody_follows(lab: Lab) -> None:
    limited = Limited(left=0)
    async with lying(limited.answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        for _ in range(10):
            await lab.submit()
        await hands.buy()
        assert limited.calls["create"] == 10
        for tried in (11, 12, 13):
            await lab.age()
            await hands.sweep()
            await hands.buy()
            await hands.buy()
            assert limited.calls["create"] == tried
    (lane,) = await fetch(lab.engine, _LANE)
    assert (lane.allowance, lane.failures, lane.trouble) == (1, 0, "the provider answered 429: Request was throttled.")


async def test_a_throttle_is_over_when_enough_were_taken(lab: Lab) -> None:
    limited = Limited(left=0)
    async with lying(limited.answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        for _ in range(64):
            await lab.submit()
        await hands.buy()
        limited.left = 1_000
        await lab.age()
        await hands.sweep()
        steps = []
        while len(limited.sold) < 64:
            before = len(limited.sold)
            await hands.buy()
            steps.append(len(limited.sold) - before)
    (lane,) = await fetch(lab.engine, _LANE)
    assert steps == [1, 2, 4, 8, 16, 32, 1]
    assert (lane.allowance, lane.open_until, lane.trouble) == (None, None, None)


async def test_cancels_wait_too_and_one_goes_first(lab: Lab) -> None:
    limited = Limited(left=20)
    async with lying(limited.answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        ids = [await lab.submit() for _ in range(20)]
        await hands.buy()
        for id_ in ids:
            await cancel(lab.engine, id_)
        await hands.stop()
        refused = limited.calls["cancel"]
        await lab.age()
        await hands.stop()
    # They wait as long as was asked for, however due they are: nobody calls before.
    assert (refused, limited.calls["cancel"]) == (20, 20)


async def test_the_watcher_asks_nothing_more_once_it_was_told_to_wait(lab: Lab) -> None:
    limited = Limited(left=4)
    async with lying(limited.answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        for _ in range(4):
            await lab.submit()
        await hands.buy()
        for _ in range(3):
            await lab.age()
            await hands.watcher.look()
    assert limited.calls["read"] == 1
