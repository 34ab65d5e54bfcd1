"""`darkroom lanes`, `limits` and `models add`, on a real database."""

import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from tests.api.cli.conftest import Darkroom
from tests.rows import submit

DEV = "black-forest-labs/flux-dev"


@pytest.fixture
def operator(darkroom: Darkroom, database_url: str) -> Darkroom:
    """The command line, told where the database is and nothing of a server."""
    return darkroom.without("DARKROOM_URL", "DARKROOM_API_KEY").having(DATABASE_URL=database_url)


async def items(operator: Darkroom, *words: str) -> list[dict[str, Any]]:
    """What a list has for programs."""
    ended = await operator(*words, "--json")
    assert (ended.code, ended.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(ended.out)["items"]
    return found


async def test_a_lane_is_made_paused_resumed_and_removed(operator: Darkroom, engine: AsyncEngine) -> None:
    await submit(engine, model_id=DEV)
    for words in (("set", "replicate", DEV, "--cap", "3", "--per-minute", "30"), ("pause", "replicate", DEV)):
        assert await operator("lanes", *words) == (0, "", "")
    whole, own = await items(operator, "lanes", "ls")
    assert (whole["model_id"], whole["cap"], whole["queued"]) == ("", 64, 0)
    assert (own["model_id"], own["cap"], own["creates_per_minute"], own["queued"]) == (DEV, 3, 30, 1)
    assert (whole["paused"], own["paused"]) == (False, True)
    shown = (await operator("lanes", "ls")).out
    assert [line.split() for line in shown.splitlines() if "64" in line or DEV in line] == [
        ["replicate", "all", "others", "0", "64", "0"],
        [DEV, "0", "3", "30", "1", "paused"],
    ]
    assert await operator("lanes", "resume", "replicate", DEV) == (0, "", "")
    assert await operator("lanes", "rm", "replicate", DEV) == (0, "", "")
    assert len(await claim_queued(engine, {"replicate": 5}, 30)) == 1


async def test_limits_are_set_listed_and_taken_away(operator: Darkroom, engine: AsyncEngine) -> None:
    nobody = " ".join((await operator("limits", "ls")).out.split())
    assert "nobody is limited: darkroom limits set --each --in-flight 3" in nobody
    for words in (
        ("--each", "--in-flight", "3"),
        ("ada", "--per-minute", "60", "--budget", "$25", "--period", "day"),
        ("--together", "--budget", "500.50"),
        ("--anonymous", "--in-flight", "1"),
    ):
        assert await operator("limits", "set", *words) == (0, "", ""), words
    found = {one["user_id"]: one for one in await items(operator, "limits", "ls")}
    assert found.keys() == {"*", "+", "", "ada"}
    assert (found["ada"]["budget_usd"], found["ada"]["budget_left"], found["ada"]["budget_period"]) == (25, 25, "day")
    shown = [" ".join(line.split()) for line in (await operator("limits", "ls")).out.splitlines()]
    for line in (
        "each without their own 3",
        "ada 60 $25.00 a day $25.00",
        "all together $500.50 a month $500.50",
        "the anonymous key 1",
    ):
        assert line in shown
    assert await operator("limits", "rm", "ada") == (0, "", "")
    assert {one["user_id"] for one in await items(operator, "limits", "ls")} == {"*", "+", ""}


async def test_prices_of_versions_are_entered_listed_and_taken_away(operator: Darkroom, engine: AsyncEngine) -> None:
    assert "no version has a price" in " ".join((await operator("models", "ls")).out.split())
    second = ("--per", "second", "--seconds", "20", "--name", "somebody/some-model")
    assert await operator("models", "add", "a" * 64, "--usd", "$0.05") == (0, "", "")
    assert await operator("models", "add", "b" * 64, "--usd", "0.001", *second) == (0, "", "")
    found = {one["version"]: one for one in await items(operator, "models", "ls")}
    assert (found["a" * 64]["price"], found["a" * 64]["price_per"], found["a" * 64]["name"]) == (0.05, "picture", None)
    assert (found["b" * 64]["price_per"], found["b" * 64]["usual_seconds"]) == ("second", 20)
    shown = (await operator("models", "ls")).out
    assert all(one in shown for one in ("a" * 64, "b" * 64, "0.05"))
    narrow = (await operator.having(COLUMNS="80")("models", "ls")).out
    assert {"0.05", "0.001", "20"} <= set(narrow.split())
    assert all(narrow.count(one) >= 64 for one in "ab")
    assert await operator("models", "rm", "a" * 64) == (0, "", "")
    assert [one["version"] for one in await items(operator, "models", "ls")] == ["b" * 64]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("lanes", "pause", "nowhere"), "there is no lane 'nowhere'; there are: replicate"),
        (("lanes", "set", "replicate", DEV, "--cap", "-1"), "cap: must be 0 to 100,000"),
        (("limits", "rm", "ada"), "there are no limits for 'ada'"),
        (("limits", "set", "ada", "--in-flight", "0"), "in-flight: must be 1 to 1,000,000"),
        (("limits", "set", "ada", "--budget", "-1"), "budget: must be 0 to 1,000,000 US dollars"),
        (("limits", "set", "ada", "--budget", "much"), "must be US dollars"),
        (("limits", "set", "--together", "--in-flight", "3"), "see `darkroom lanes`"),
        (("limits", "set", "ada", "--each"), "whose?"),
        (("limits", "set"), "whose?"),
        (("models", "rm", "c" * 64), "version: there is no price for"),
        (("models", "add", "c", "--usd", "1"), "version: must be 64 hexadecimal digits"),
        (("models", "add", "c" * 64, "--usd", "much"), "must be US dollars"),
        (("models", "add", "c" * 64, "--usd", "1", "--per", "second"), "seconds: is needed"),
    ],
)
async def test_what_cannot_be_is_refused(
    operator: Darkroom, engine: AsyncEngine, words: tuple[str, ...], complaint: str
) -> None:
    ended = await operator(*words)
    assert (ended.code, ended.out) == (2, "")
    assert complaint in " ".join(ended.err.replace("│", " ").split())
    assert await items(operator, "limits", "ls") == []
