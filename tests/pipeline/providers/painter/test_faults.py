"""Every fault bites where its table says, and nothing else."""

import asyncio
from typing import Any

import aiohttp
import pytest

from pipeline.providers.painter.faults.at_create import CREATE_BITES
from pipeline.providers.painter.faults.at_output import OUTPUT_BITES
from pipeline.providers.painter.faults.dice import Dice
from pipeline.providers.painter.faults.rules import CREATE, FAULTS, OUTPUT, RUN, read_rules
from tests.pipeline.providers.painter.caller import MODEL, Caller
from tests.pipeline.providers.painter.conftest import Painting
from tests.pipeline.providers.painter.receiver import Receiver

CREATE_PATH = f"/v1/models/{MODEL}/predictions"
BODY = {"input": {"prompt": "a storm"}}
BOTH = ["start", "completed"]


async def sold(painter: Caller) -> int:
    """How many predictions the ledger says were sold."""
    _, body = await painter.ask("GET", "/_painter/ledger")
    return len(body["predictions"])


def test_the_tables_agree() -> None:
    of_stage = {stage: {name for name, fault in FAULTS.items() if fault.stage == stage} for stage in (CREATE, OUTPUT)}
    assert CREATE_BITES.keys() == of_stage[CREATE]
    assert OUTPUT_BITES.keys() == of_stage[OUTPUT]


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ([{"fault": "flood"}], "unknown fault 'flood'"),
        ([{"fault": "slow", "minutes": 1}], "slow has no field 'minutes'"),
        ([{"fault": "fail"}, {"fault": "error", "status": 418}], "Rule 1: status must be one of 500"),
        ([{"fault": "slow", "probability": 2}], "probability must be a number from 0 to 1"),
        ({"fault": "slow"}, "a JSON list"),
        (["slow"], "Rule 0 is not a JSON object"),
    ],
)
async def test_what_is_unknown_is_refused_and_named(painter: Caller, rules: Any, named: str) -> None:
    await painter.faults({"fault": "slow", "times": 2})
    status, problem = await painter.ask("PUT", "/_painter/faults", json=rules)
    assert status == 422
    assert named in problem["detail"]
    _, kept = await painter.ask("GET", "/_painter/faults")
    assert [(rule["fault"], rule["left"]) for rule in kept] == [("slow", 2)]


async def test_faults_of_the_settings(painting: Painting) -> None:
    async with painting(faults=[{"fault": "error", "status": 502, "times": 1}]) as painter:
        assert (await painter.ask("POST", CREATE_PATH, json=BODY))[0] == 502
        assert (await painter.ask("POST", CREATE_PATH, json=BODY))[0] == 201


def test_the_dice_are_seeded() -> None:
    def throws(seed: int) -> list[int]:
        dice = Dice(seed, read_rules([{"fault": "slow", "probability": 0.3}]))
        return [len(dice.draw(frozenset({RUN}), "")) for _ in range(200)]

    assert throws(1) == throws(1) != throws(2)
    assert 30 < sum(throws(1)) < 90


@pytest.mark.parametrize("code", [500, 502, 401, 402, 422])
async def test_error(painter: Caller, code: int) -> None:
    await painter.faults({"fault": "error", "status": code})
    status, problem = await painter.ask("POST", CREATE_PATH, json=BODY)
    assert (status, problem["status"]) == (code, code)
    assert await sold(painter) == 0


async def test_throttle(painter: Caller) -> None:
    await painter.faults({"fault": "throttle", "seconds": 7, "prompt_contains": "storm"})
    status, problem = await painter.ask("POST", CREATE_PATH, json=BODY)
    assert status == 429
    assert problem["detail"] == "Request was throttled. Your rate limit resets in ~7s."
    await painter.create("calm")
    assert await sold(painter) == 1


@pytest.mark.parametrize(("fault", "bought"), [("hang", 0), ("reset_before", 0), ("reset_after", 1)])
async def test_an_answer_that_never_comes(painter: Caller, fault: str, bought: int) -> None:
    await painter.faults({"fault": fault} | ({"seconds": 0.05} if fault == "hang" else {}))
    with pytest.raises(aiohttp.ClientConnectionError):
        await painter.ask("POST", CREATE_PATH, json=BODY)
    assert await sold(painter) == bought


async def test_slow_and_fail(painter: Caller) -> None:
    await painter.faults(
        {"fault": "slow", "seconds": 60, "prompt_contains": "slow"}, {"fault": "fail", "message": "no"}
    )
    failed = await painter.finished((await painter.create("quick"))["id"])
    assert (failed["status"], failed["error"], failed["output"]) == ("failed", "no", None)
    slow = await painter.create("slow")
    assert (await painter.get(slow["id"]))["completed_at"] is None


async def told(painter: Caller, receiver: Receiver, *rules: dict[str, Any]) -> list[tuple[bool, str]]:
    """Genuineness and status of every webhook that a prediction under these rules sends, before a plain one's."""
    await painter.faults(*rules)
    created = await painter.create("odd", webhook=receiver.url, webhook_events_filter=BOTH)
    async with asyncio.timeout(10):
        while not (await _settled(painter, created["id"])):
            pass
    await painter.faults()
    last = await painter.create("plain", webhook=receiver.url, webhook_events_filter=["completed"])
    got = [await receiver.next()]
    while got[-1].body["id"] != last["id"]:
        got.append(await receiver.next())
    return [(one.genuine, one.status) for one in got[:-1]]


async def _settled(painter: Caller, key: str) -> bool:
    """Both webhooks of a prediction are dealt with."""
    _, body = await painter.ask("GET", "/_painter/ledger")
    (one,) = [one for one in body["predictions"] if one["id"] == key]
    return {delivery["event"] for delivery in one["deliveries"] if delivery["settled"]} == set(BOTH)


START, END, FORGED = (True, "processing"), (True, "succeeded"), (False, "failed")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"fault": "lost_webhook"}, [START]),
        ({"fault": "lost_webhook", "event": "start"}, [END]),
        ({"fault": "late_webhook", "seconds": 0.1}, [START, END]),
        ({"fault": "reorder_webhook"}, [END, START]),
        ({"fault": "forged_webhook"}, [START, FORGED, END]),
    ],
)
async def test_webhook_faults(
    painter: Caller, trusted: Receiver, rule: dict[str, Any], expected: list[tuple[bool, str]]
) -> None:
    assert await told(painter, trusted, rule) == expected


async def test_double_webhook(painter: Caller, trusted: Receiver) -> None:
    await painter.faults({"fault": "double_webhook", "times": 1})
    await painter.create(webhook=trusted.url, webhook_events_filter=["completed"])
    first, second = await trusted.next(), await trusted.next()
    assert (first.message, first.body) == (second.message, second.body)
    assert first.genuine
    assert second.genuine


async def bitten(painter: Caller, **rule: Any) -> tuple[int, str, bytes]:
    """A download under this rule, which bites once: the second try is always good."""
    done = await painter.finished((await painter.create("a storm"))["id"])
    url = done["output"][0]
    good = await painter.output(url)
    await painter.faults(rule | {"times": 1, "prompt_contains": "storm"})
    try:
        return await painter.output(url)
    finally:
        assert await painter.output(url) == good


async def test_corrupt_output(painter: Caller) -> None:
    good = await painter.output((await painter.finished((await painter.create())["id"]))["output"][0])
    status, kind, content = await bitten(painter, fault="corrupt_output")
    assert (status, kind, len(content), content[:64]) == (200, "image/png", len(good[2]), good[2][:64])
    assert content != good[2]


async def test_truncated_output(painter: Caller) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await bitten(painter, fault="truncated_output")


async def test_oversize_output(painter: Caller) -> None:
    _, kind, content = await bitten(painter, fault="oversize_output", bytes=3_000_000)
    assert kind == "image/png"
    assert len(content) > 3_000_000


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("expired_output", (404, "application/problem+json")),
        ("html_output", (200, "text/html")),
        ("error_output", (500, "application/problem+json")),
    ],
)
async def test_other_outputs(painter: Caller, fault: str, expected: tuple[int, str]) -> None:
    status, kind, _ = await bitten(painter, fault=fault)
    assert (status, kind) == expected


async def test_slow_output_arrives_whole(painter: Caller) -> None:
    status, kind, content = await bitten(painter, fault="slow_output", seconds=0.1)
    assert (status, kind) == (200, "image/png")
    assert len(content) > 150_000
