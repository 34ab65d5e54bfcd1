"""Callback: what a provider says about a prediction is committed into the row before anybody is rung."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.coalesce import Coalescer
from pipeline.money import BOOK, paid
from pipeline.providers.prediction import SUCCEEDED
from pipeline.purchase import count_surplus
from pipeline.statements import (
    Written,
    as_json,
    blames_a_row,
    fetch,
    held,
    repeats_a_prediction,
    statement,
    written,
)

# Guarded by id, provider, attempt and status, not by the fence: a provider holds no lease. But it raises the fence, so
# who has just read the row as an orphan may no longer find that nothing was bought. The prediction's id is taken over
# when the row does not know it yet, so an answer that overtakes `start`, or outlives a killed worker, is not lost.
# A row that was called off hears it too: once its prediction has ended, nobody need stop it. And one that waits for
# another attempt, because this purchase was taken for lost: it then uses this picture instead of buying a second. That
# is the last attempt that was begun, which `attempt_number` no longer counts when it was given back. Nobody hears of
# an earlier one: its picture, if there is one, is counted as surplus.
# A finished prediction is never overwritten: doubled and reordered webhooks change nothing.
# The rows are locked in the order of their ids, or two batches could wait for each other.
# What it has cost is booked here, once, whatever becomes of the row.
_PAID = paid("r.prediction")
_COMMIT = statement(f"""
    WITH {held("id uuid, attempt integer, provider text, prediction_id text, prediction jsonb")},
    booked AS (
    UPDATE image_generations AS g SET
      prediction = r.prediction, changed = pg_current_xact_id(), fence = g.fence + 1,
      replicate_prediction_id = coalesce(g.replicate_prediction_id, r.prediction_id),
      cost = CASE WHEN r.prediction IS NULL THEN g.cost ELSE coalesce(g.cost + {_PAID}, g.cost, {_PAID}) END,
      due_at = CASE WHEN r.prediction IS NULL OR g.status IN ('pending', 'queued') THEN g.due_at
               WHEN g.status = 'processing' THEN now() END
    FROM r
    WHERE g.id = r.id AND g.provider = r.provider
      AND g.prediction IS NULL AND NOT r.prediction_id = ANY (g.past_predictions)
      AND (g.replicate_prediction_id IS NULL OR g.replicate_prediction_id = r.prediction_id)
      AND (g.status IN ('processing', 'cancelled', 'failed') AND g.attempt_number = r.attempt
           OR g.status IN ('pending', 'queued') AND r.prediction->>'status' = 'succeeded'
              AND r.attempt - g.attempt_number IN (0, 1))
    RETURNING g.id, coalesce(g.user_id, '') AS payer, CASE WHEN r.prediction IS NULL THEN 0 ELSE {_PAID} END AS paid),
    {BOOK}
    SELECT id FROM booked
""")

_EXPECTED = statement("""
    SELECT g.replicate_prediction_id AS prediction_id FROM image_generations AS g
    WHERE g.id = :id AND g.timeline @> jsonb_build_array(jsonb_build_object(
      'attempt', CAST(:attempt AS integer), 'provider', CAST(:provider AS text)))
""")


class _Answer(NamedTuple):
    """What waits to be committed."""

    row: Written
    prediction_id: str
    provider: str
    status: str | None
    """Of a finished prediction."""


class Callbacks:
    """Takes the providers' answers in; concurrent ones share a statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._coalescer: Coalescer[_Answer, bool] = Coalescer(self._commit, largest=200, at_once=2, splits=blames_a_row)

    async def expected(self, generation_id: UUID, attempt: int, *, provider: str) -> Row[Any] | None:
        """The row that `provider` was asked for at this attempt, with the `prediction_id` that it knows; None: no row.

        One that is final is expected to hear more: of a second purchase, which has to be counted.
        """
        rows = await fetch(self._engine, _EXPECTED, id=generation_id, attempt=attempt, provider=provider)
        return rows[0] if rows else None

    async def commit(
        self,
        generation_id: UUID,
        attempt: int,
        prediction_id: str,
        prediction: Mapping[str, Any] | None,
        *,
        provider: str,
    ) -> bool:
        """Commit what `provider` says about attempt number `attempt`; `prediction` is None while it is not finished.

        Returns whether a row took it; a late, doubled or superseded answer is taken by none, nor is a prediction of
        another generation's.
        """
        told = {
            "id": generation_id,
            "attempt": attempt,
            "provider": provider,
            "prediction_id": prediction_id,
            "prediction": prediction,
        }
        status = None if prediction is None else str(prediction.get("status"))
        return await self._coalescer(_Answer(written(told), prediction_id, provider, status))

    async def _commit(self, batch: list[_Answer]) -> Sequence[bool]:
        # Postgres updates a row once in a statement and takes any of several matches: of two answers about one row
        # only the finished one may go in, or a "started" could swallow it.
        answers: dict[UUID, _Answer] = {}
        for answer in batch:
            if answer.row.id not in answers or answer.status is not None:
                answers[answer.row.id] = answer
        try:
            rows = await fetch(self._engine, _COMMIT, rows=as_json([answer.row for answer in answers.values()]))
        except DBAPIError as error:
            # Of a batch each is committed alone now. What another generation has is not this one's, and no surplus.
            if len(batch) > 1 or not repeats_a_prediction(error):
                raise
            return [False]
        taken = {row.id for row in rows}
        for generation_id, answer in answers.items():
            if generation_id not in taken and answer.status == SUCCEEDED:
                # Doubled or late, mostly. But if the row has never heard of this purchase, it has been paid twice.
                await count_surplus(self._engine, generation_id, answer.prediction_id, answer.provider)
        return [answer.row.id in taken for answer in batch]
