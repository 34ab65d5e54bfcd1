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
        SELECT coalesce(f.provider, g.provider), CASE WHEN f.provider IS NULL THEN g.provider_model ELSE s.model END,
          coalesce(s.input, g.input), CASE WHEN f.provider IS NULL THEN g.price ELSE s.price END,
          CASE WHEN f.provider IS NULL THEN g.estimated_cost ELSE s.estimated_cost END
        FROM (SELECT 1) AS one LEFT JOIN LATERAL (
          SELECT w.provider FROM unnest(g.route) WITH ORDINALITY AS w(provider, nth)
          WHERE NOT w.provider = ANY (%s) ORDER BY w.nth LIMIT 1) AS f ON true
        CROSS JOIN LATERAL darkroom_stop(g.id, f.provider) AS s)"""
"""SET clause that leads a row back to the first of its routes that is not in `%s`; one with a single way stays."""


def as_move(row: Row[Any]) -> Move:
    """The Move in a row that returned MOVED."""
    return Move(row.id, row.version, row.user_id, row.batch_id)
