"""Rows that nobody could have submitted: each fails by itself with a reason, and no loop ends for it."""

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from actors.clock import every_tick
from pipeline.doorbell import Bell
from pipeline.ids import new_id
from pipeline.incomplete import UNUSABLE
from tests.actors.lab import Hands, Lab
from tests.conftest import owner_of
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses
from tests.schema.test_input_limits import nested

DEEP = json.dumps({"a": nested(300)})
DEEPER_THAN_ANY_READER = "[" * 1_500 + "]" * 1_500


async def as_ours(lab: Lab, sql: str, *arguments: object) -> None:
    """As a version of Darkroom that had no limits, or an owner who passes by the triggers, would write."""
    assert lab.settings.database_url is not None
    address = owner_of(lab.settings.database_url)
    connection = await asyncpg.connect(address, server_settings={"darkroom.app": "on"})
    try:
        await connection.execute(sql, *arguments)
    finally:
        await connection.close()


async def job(lab: Lab, **given: Any) -> UUID:
    """A row without input, as one that came by SQL."""
    row_id = new_id()
    columns = {"id": row_id, "prompt": "a storm", "model": "m/m", "model_id": "black-forest-labs/flux-schnell"} | given
    names = ", ".join(columns)
    values = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await as_ours(
        lab,
        f"INSERT INTO image_generations ({names}, status, due_at, timeline) VALUES ({values}, 'pending', now(),"
        """ '[{"v": 1, "status": "pending", "at": "2026-01-01T00:00:00Z", "attempt": 0}]')""",
        *columns.values(),
    )
    return row_id


@pytest.mark.parametrize(
    ("poison", "why"),
    [
        pytest.param({"metadata": DEEP}, "metadata: it is nested more than 200 levels deep", id="deep"),
        pytest.param({"metadata": DEEPER_THAN_ANY_READER}, "metadata: it is nested", id="deeper than any reader"),
        pytest.param({"metadata": f'{{"a": 1{"0" * 400}}}'}, "metadata: it cannot be read", id="beyond a double"),
        pytest.param({"guidance_scale": float("nan")}, "guidance_scale: ", id="NaN"),
        pytest.param({"seed": -1}, "seed: ", id="a seed below nothing"),
        pytest.param({"style": "x" * 10_000}, "style: ", id="a long style"),
    ],
)
async def test_a_poisonous_row_fails_by_itself_and_its_neighbours_are_developed(
    lab: Lab, painter: Caller, poison: dict[str, Any], why: str
) -> None:
    """The clock ended with it, and with it everything: five times, and at every start after that."""
    before, bad, after = await job(lab), await job(lab, **poison), await job(lab)
    async with lab.hands() as hands:
        await hands.sweep()
        row = await lab.row(bad)
        assert statuses(row) == ["pending", "failed"]
        assert row.error_message.startswith(why)
        await developed(lab, hands, [before, after])


async def predicted(lab: Lab, ids: list[UUID]) -> None:
    """Wait until the provider has told of all of these."""
    while None in [(await lab.row(one)).prediction for one in ids]:
        await lab.rung(Bell.COLLECT)


async def developed(lab: Lab, hands: Hands, ids: list[UUID]) -> None:
    """Carry these from queued to their pictures."""
    await hands.buy()
    await predicted(lab, ids)
    await hands.develop()
    assert [(await lab.row(one)).status for one in ids] == ["completed"] * len(ids)


async def test_a_row_that_postgres_refuses_to_queue_fails_alone(lab: Lab, painter: Caller) -> None:
    """All rows of a round share a statement."""
    await as_ours(
        lab,
        "ALTER TABLE image_generations ADD CONSTRAINT no_flood CHECK (prompt <> 'a flood' OR status <> 'queued')",
    )
    before, bad, after = await job(lab), await job(lab, prompt="a flood"), await job(lab)
    async with lab.hands() as hands:
        await hands.sweep()
    assert [(await lab.row(one)).status for one in (before, bad, after)] == ["queued", "failed", "queued"]
    assert (await lab.row(bad)).error_message == UNUSABLE


async def test_a_step_that_breaks_keeps_no_other_from_its_work(lab: Lab, painter: Caller) -> None:
    due = await job(lab)
    await as_ours(lab, "ALTER TABLE user_limits RENAME TO hidden")
    await as_ours(lab, "DROP FUNCTION darkroom_admit(text, integer)")
    await as_ours(lab, "ALTER TABLE hidden RENAME TO user_limits")
    async with lab.hands() as hands:
        await hands.sweep()
        await lab.rung(Bell.START)
    assert (await lab.row(due)).status == "queued"


@pytest.mark.parametrize(
    "prediction",
    [{"status": "succeeded", "output": "x"}, {"status": "succeeded", "output": None}, {"output": ["x"]}, {}],
    ids=["a text", "nothing", "no status", "empty"],
)
async def test_a_prediction_of_no_known_shape_ends_its_row_alone(
    lab: Lab, painter: Caller, prediction: dict[str, Any]
) -> None:
    """One whose output was no list ended every look at finished predictions."""
    good, bad = await lab.submit(), await lab.submit()
    async with lab.hands() as hands:
        await hands.buy()
        await predicted(lab, [good, bad])
        await as_ours(lab, "UPDATE image_generations SET prediction = $1 WHERE id = $2", json.dumps(prediction), bad)
        await hands.develop()
        assert (await lab.row(good)).status == "completed"
        assert (await lab.row(bad)).status in ("pending", "failed")


async def test_an_orphan_that_cannot_be_compared_keeps_no_other_from_what_was_bought_for_it(
    lab: Lab, painter: Caller
) -> None:
    """Its input is no object, so looking through the provider's list raised; nothing unclear was ever settled again."""
    good, bad = await lab.submit(), await lab.submit()
    async with lab.hands() as hands:
        await hands.buy()
        await predicted(lab, [good, bad])
        await as_ours(
            lab,
            "UPDATE image_generations SET replicate_prediction_id = NULL, prediction = NULL, due_at = now(),"
            " input = CASE WHEN id = $1 THEN '[1]' ELSE input END",
            bad,
        )
        await lab.age(seconds=0)
        await hands.watcher.look()
        await hands.develop()
        assert (await lab.row(good)).status == "completed"
        assert (await lab.row(bad)).status == "processing"


async def test_a_round_that_raises_whatever_it_may_comes_again() -> None:
    stopped, rounds = asyncio.Event(), list[int]()

    async def round_() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 3:
            stopped.set()
        raise (RecursionError, OverflowError, KeyError)[rounds[-1]]("a row")

    await every_tick("test", round_, stopped, seconds=0)
    assert rounds == [0, 1, 2]
