"""Money: what a prediction has cost, booked in the statement that hears of its end, and what was spent so far."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import fetch, statement

EVERYBODY = "+"
"""Stands for all users together in `spending` and `user_limits`."""

# What came and cannot be understood is billed as what was asked for; what moderation has withheld is billed, too.
_PICTURES = """CASE WHEN {p}->>'unreadable' IS NOT NULL THEN g.num_outputs
        ELSE CASE WHEN {p}->>'status' = 'succeeded' THEN jsonb_array_length({p}->'output') ELSE 0 END
          + coalesce(CAST({p}->>'withheld' AS integer), 0) END"""


def paid(prediction: str) -> str:
    """US dollars that a finished prediction of the row `g` has cost, in SQL; NULL when its price is unknown.

    What the provider says itself goes before the catalogue's price, by the picture or by the second. A picture that was
    not delivered is not billed, a second that was worked is, and so is a picture that was withheld afterwards: fal
    bills what it answers with success. Source: https://replicate.com/docs/topics/billing
    """
    return f"""coalesce(CAST({prediction}->>'cost' AS numeric),
        CAST(g.price->>'picture' AS numeric) * {_PICTURES.format(p=prediction)},
        CAST(g.price->>'second' AS numeric) * coalesce(CAST({prediction}->>'seconds' AS numeric), 0))"""


BOOK = f"""spent AS (
      INSERT INTO spending AS s (user_id, day, usd)
      SELECT who, CAST(now() AT TIME ZONE 'UTC' AS date), sum(paid)
      FROM booked, unnest(ARRAY[booked.payer, '{EVERYBODY}']) AS who
      WHERE paid > 0 GROUP BY who ORDER BY who
      ON CONFLICT (user_id, day) DO UPDATE SET usd = s.usd + excluded.usd)"""
"""A CTE that adds up what `booked` (rows of payer and paid) has cost. Ordered, so that two statements that pay for the
same users wait for each other and never in a circle."""

_SPENT = statement("""
    SELECT
      CAST(coalesce(sum(s.usd) FILTER (WHERE s.day = today.day), 0) AS double precision) AS today,
      CAST(coalesce(sum(s.usd), 0) AS double precision) AS month,
      CAST(max(l.budget_usd) AS double precision) AS budget, max(l.budget_period) AS period,
      CAST(max(darkroom_budget_left(:user_id)) AS double precision) AS budget_left
    FROM (SELECT CAST(now() AT TIME ZONE 'UTC' AS date) AS day) AS today
    LEFT JOIN spending AS s ON s.user_id = :user_id AND s.day >= CAST(date_trunc('month', today.day) AS date)
    LEFT JOIN darkroom_limits_of(:user_id) AS l ON true
""")


async def read_cost(engine: AsyncEngine, user_id: str | None) -> dict[str, Any]:
    """What was spent today and this month (UTC) in US dollars, and the budget: of a user, or of all when None."""
    (row,) = await fetch(engine, _SPENT, user_id=EVERYBODY if user_id is None else user_id)
    return {
        "today_usd": row.today,
        "month_usd": row.month,
        "budget_usd": row.budget,
        "budget_period": row.period if row.budget is not None else None,
        "budget_left_usd": row.budget_left,
    }
