"""Callbacks: committed once, whatever the order they come in."""

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.advance import collect_finished, try_again
from pipeline.callback import Callbacks
from pipeline.claim import claim_queued
from pipeline.ids import new_id
from pipeline.purchase import record_predictions
from pipeline.statements import fetch, statement
from pipeline.sweep import promote_due
from tests.rows import row_of, statuses, submit

DONE: dict[str, Any] = {"status": "succeeded", "output": ["http://127.0.0.1/a.png"], "seconds": 1.5}
OTHER: dict[str, Any] = {"status": "failed", "output": [], "error": "too late"}


async def claimed(engine: AsyncEngine) -> Any:
    await submit(engine)
    (row,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    return row


async def test_an_answer_that_overtakes_start_is_kept_and_brings_the_id(engine: AsyncEngine) -> None:
    row = await claimed(engine)
    assert await Callbacks(engine).commit(row.id, 1, "p1", DONE, provider="replicate")
    bought = {"id": row.id, "attempt": 1, "prediction_id": "p1"}
    (kept,) = await record_predictions(engine, "replicate", [bought], look=10)
    assert (kept.status, kept.known) == (None, True)
    after = await row_of(engine, row.id)
    assert (after.replicate_prediction_id, after.prediction) == ("p1", DONE)
    assert after.due_at <= after.updated_at or after.version == 2
    assert [move.id for move in (await collect_finished(engine, 5)).moved] == [row.id]


async def test_doubles_in_one_batch_and_later_change_nothing(engine: AsyncEngine) -> None:
    row, callbacks = await claimed(engine), Callbacks(engine)
    taken = await asyncio.gather(*(callbacks.commit(row.id, 1, "p1", DONE, provider="replicate") for _ in range(5)))
    assert any(taken)
    assert not await callbacks.commit(row.id, 1, "p1", OTHER, provider="replicate")
    assert (await row_of(engine, row.id)).prediction == DONE


async def test_a_started_in_the_same_batch_cannot_swallow_the_finished(engine: AsyncEngine) -> None:
    row, callbacks = await claimed(engine), Callbacks(engine)
    await asyncio.gather(
        *(callbacks.commit(row.id, 1, "p1", answer, provider="replicate") for answer in (DONE, None, None))
    )
    assert (await row_of(engine, row.id)).prediction == DONE


async def test_a_superseded_attempt_and_a_foreign_prediction_are_refused(engine: AsyncEngine) -> None:
    row, callbacks = await claimed(engine), Callbacks(engine)
    assert not await callbacks.commit(row.id, 2, "p2", DONE, provider="replicate")
    assert await callbacks.commit(row.id, 1, "p1", None, provider="replicate")
    assert not await callbacks.commit(row.id, 1, "p2", DONE, provider="replicate")
    after = await row_of(engine, row.id)
    assert (after.replicate_prediction_id, after.prediction) == ("p1", None)


async def test_one_prediction_cannot_be_booked_on_two_rows_and_the_neighbour_is_taken(engine: AsyncEngine) -> None:
    first, second, third = [await claimed(engine) for _ in range(3)]
    callbacks = Callbacks(engine)
    assert await callbacks.commit(first.id, 1, "p1", DONE, provider="replicate")
    answers = await asyncio.gather(
        callbacks.commit(second.id, 1, "p1", DONE, provider="replicate"),
        callbacks.commit(third.id, 1, "p3", DONE, provider="replicate"),
    )
    assert list(answers) == [False, True]
    assert (await row_of(engine, second.id)).possible_double_charge == 0
    assert statuses(await row_of(engine, second.id)) == ["queued", "processing"]


async def test_a_success_of_an_attempt_taken_for_lost_saves_the_next_purchase(engine: AsyncEngine) -> None:
    row = await claimed(engine)
    await try_again(engine, row, "lost", delay=0, unsold=False)
    assert await Callbacks(engine).commit(row.id, 1, "p1", DONE, provider="replicate")
    await promote_due(engine)
    (again,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    assert again.replicate_prediction_id == "p1"
    assert [move.id for move in (await collect_finished(engine, 5)).moved] == [row.id]


async def test_no_prediction_is_adopted_for_an_attempt_that_is_over(engine: AsyncEngine) -> None:
    row, callbacks = await claimed(engine), Callbacks(engine)
    await try_again(engine, row, "lost", delay=0, unsold=False)
    await promote_due(engine)
    (row,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    await try_again(engine, row, "lost again", delay=0, unsold=False)
    for attempt in (1, 3, 4, 32_000):
        assert not await callbacks.commit(row.id, attempt, f"p{attempt}", OTHER, provider="replicate")
    assert not await callbacks.commit(row.id, 1, "p1", DONE, provider="replicate")
    assert not await callbacks.commit(row.id, 4, "p4", DONE, provider="replicate")
    assert (await row_of(engine, row.id)).replicate_prediction_id is None
    assert await callbacks.commit(row.id, 2, "p2", DONE, provider="replicate")
    assert (await row_of(engine, row.id)).replicate_prediction_id == "p2"


async def test_an_attempt_that_was_given_back_and_sold_all_the_same_is_the_last_one(engine: AsyncEngine) -> None:
    row = await claimed(engine)
    await try_again(engine, row, "it was down", delay=0, unsold=True)
    assert (await row_of(engine, row.id)).attempt_number == 0
    assert await Callbacks(engine).commit(row.id, 1, "p1", DONE, provider="replicate")


async def test_only_the_row_of_that_attempt_and_provider_expects_a_word(engine: AsyncEngine) -> None:
    row, callbacks = await claimed(engine), Callbacks(engine)
    expected = await callbacks.expected(row.id, 1, provider="replicate")
    assert expected is not None
    assert expected.prediction_id is None
    assert await callbacks.expected(row.id, 2, provider="replicate") is None
    assert await callbacks.expected(row.id, 1, provider="fal") is None
    assert await callbacks.expected(new_id(), 1, provider="replicate") is None


async def test_a_second_success_is_counted_once_however_often_it_is_told(engine: AsyncEngine) -> None:
    row, callbacks = await claimed(engine), Callbacks(engine)
    assert await callbacks.commit(row.id, 1, "p1", DONE, provider="replicate")
    for _ in range(3):
        assert not await callbacks.commit(row.id, 1, "p1", DONE, provider="replicate")
        assert not await callbacks.commit(row.id, 1, "p2", DONE, provider="replicate")
    after = await row_of(engine, row.id)
    assert (after.possible_double_charge, after.past_predictions) == (1, ["p2"])
    (lane,) = await fetch(engine, statement("SELECT possible_double_charge FROM lanes"))
    assert lane.possible_double_charge == 1
