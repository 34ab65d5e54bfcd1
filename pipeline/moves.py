"""What a transition leaves behind for others: who moved, to which version, and whose it is."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row


class Move(NamedTuple):
    """One row that moved. Enough for a gateway to know who wants to look again."""

    id: UUID
    version: int
    user_id: str | None
    batch_id: UUID | None


MOVED = "g.id, g.version, g.user_id, g.batch_id"
"""The columns of a Move, for RETURNING; a statement may return more beside them."""

ATTEMPTS = "g.attempt_number - g.attempts_before AS attempts"
"""How many attempts were begun since the row was submitted, or last tried again by hand."""

WHY = "CAST(:why AS text)"
"""The reason that a statement is given, for `move`."""
FORGET = """past_predictions = CASE WHEN g.replicate_prediction_id IS NULL THEN g.past_predictions
        ELSE g.past_predictions || g.replicate_prediction_id END,
      replicate_prediction_id = NULL, prediction = NULL"""
"""SET clause that lets go of a prediction: the next attempt buys its own, and nobody adopts this one again."""


FIRST_ROUTE = """(provider, provider_model, input, price, estimated_cost) = (
        SELECT coalesce(r.provider, g.provider), CASE WHEN r.provider IS NULL THEN g.provider_model ELSE r.model END,
          coalesce(r.input, g.input), CASE WHEN r.provider IS NULL THEN g.price ELSE r.price END,
          CASE WHEN r.provider IS NULL THEN g.estimated_cost ELSE r.estimated_cost END
        FROM (SELECT 1) AS one LEFT JOIN LATERAL (
          SELECT x.* FROM routes CROSS JOIN LATERAL jsonb_to_recordset(routes.stops)
            AS x(provider text, model text, input jsonb, price jsonb, estimated_cost numeric)
          WHERE routes.generation_id = g.id AND NOT x.provider = ANY (%s) LIMIT 1) AS r ON true)"""
"""SET clause that leads a row back to the first of its routes that is not in `%s`; one with a single way stays."""


def as_move(row: Row[Any]) -> Move:
    """The Move in a row that returned MOVED."""
    return Move(row.id, row.version, row.user_id, row.batch_id)
