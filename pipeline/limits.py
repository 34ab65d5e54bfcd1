"""Limits: how much one user may have in flight, submit and spend, and all of them together."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Invalid
from pipeline.money import EVERYBODY
from pipeline.settings import Settings
from pipeline.statements import fetch, statement

EACH = "*"
"""Stands for every user who has no limits of their own."""
MOST = 1_000_000
LONGEST_USER = 255

Period = Literal["day", "month"]

_LIST = statement("""
    SELECT l.user_id, l.in_flight, l.per_minute, CAST(l.budget_usd AS double precision) AS budget_usd, l.budget_period,
      CAST(darkroom_budget_left(l.user_id) AS double precision) AS budget_left, l.updated_at, l.by_default
    FROM (
      SELECT *, false AS by_default FROM user_limits
      UNION ALL
      SELECT *, true FROM darkroom_limits_of('')
      WHERE EXISTS (SELECT FROM anonymous_limits) AND NOT EXISTS (SELECT FROM user_limits WHERE user_id = '')) AS l
    ORDER BY l.user_id
""")
_DEFAULT = statement("""
    INSERT INTO anonymous_limits AS a (in_flight, per_minute, budget_usd, budget_period)
    VALUES (:in_flight, :per_minute, CAST(:usd AS numeric), 'day')
    ON CONFLICT (single) DO UPDATE SET in_flight = excluded.in_flight, per_minute = excluded.per_minute,
      budget_usd = excluded.budget_usd, budget_period = excluded.budget_period, updated_at = now()
    WHERE (a.in_flight, a.per_minute, a.budget_usd, a.budget_period) IS DISTINCT FROM
      (excluded.in_flight, excluded.per_minute, excluded.budget_usd, excluded.budget_period)
    RETURNING a.single
""")
_RECAP = statement("SELECT darkroom_recap('')")
_SET = statement("""
    INSERT INTO user_limits AS l (user_id, in_flight, per_minute, budget_usd, budget_period)
    VALUES (:user_id, CAST(:in_flight AS integer), CAST(:per_minute AS integer), CAST(:budget_usd AS numeric), :period)
    ON CONFLICT (user_id) DO UPDATE SET in_flight = excluded.in_flight, per_minute = excluded.per_minute,
      budget_usd = excluded.budget_usd, budget_period = excluded.budget_period, updated_at = now()
    RETURNING user_id
""")
_OF_USER = statement("""
    SELECT l.in_flight, l.per_minute, CAST(l.budget_usd AS double precision) AS budget_usd, l.budget_period,
      CAST(darkroom_budget_left(:user_id) AS double precision) AS budget_left,
      (SELECT count(*) FROM image_generations AS g
       WHERE coalesce(g.user_id, '') = :user_id AND g.status = 'processing') AS processing,
      (SELECT count(*) FROM image_generations AS g
       WHERE coalesce(g.user_id, '') = :user_id AND g.status = 'queued') AS queued
    FROM (SELECT 1) AS one LEFT JOIN darkroom_limits_of(:user_id) AS l ON true
""")
_FORGET = statement("DELETE FROM user_limits WHERE user_id = :user_id RETURNING user_id")


async def list_limits(engine: AsyncEngine) -> Sequence[Row[Any]]:
    """All limits there are, by user."""
    return await fetch(engine, _LIST)


async def read_user_limits(engine: AsyncEngine, user_id: str) -> dict[str, Any]:
    """What one user (empty: the anonymous key) may have and spend, null for no limit; and what is theirs now.

    The limits are their own, else those for everybody; dollars, and the period in which they may be spent.
    """
    (row,) = await fetch(engine, _OF_USER, user_id=user_id)
    return {
        "user_id": user_id or None,
        "max_in_flight": row.in_flight,
        "max_per_minute": row.per_minute,
        "budget_usd": row.budget_usd,
        "budget_period": row.budget_period if row.budget_usd is not None else None,
        "budget_left_usd": row.budget_left,
        "processing": row.processing,
        "queued": row.queued,
    }


async def set_anonymous_defaults(engine: AsyncEngine, settings: Settings, *, paid: bool) -> None:
    """Limit the anonymous key as the settings say, where nobody has set limits for it.

    It stands in every app, so whoever has the app may use it, on the operator's bill. `paid`: whether any provider is;
    the painter asks for no money, and then there is no sum a day.
    """
    given = {"in_flight": settings.anonymous_in_flight, "per_minute": settings.anonymous_per_minute}
    usd = Decimal(str(settings.anonymous_usd_per_day)) if paid else None
    if await fetch(engine, _DEFAULT, usd=usd, **given):
        await fetch(engine, _RECAP)


async def set_limits(
    engine: AsyncEngine,
    user_id: str,
    *,
    in_flight: int | None,
    per_minute: int | None,
    budget_usd: Decimal | None,
    period: Period,
) -> None:
    """Give `user_id` (or EACH, or EVERYBODY) these limits instead of what they had; None is no limit. Raises Invalid.

    They hold for what waits already, too.
    """
    if len(user_id) > LONGEST_USER or not user_id.isprintable():
        raise Invalid("user", f"user: must be at most {LONGEST_USER} printable characters")
    for field, value in (("in-flight", in_flight), ("per-minute", per_minute)):
        if value is not None and not 1 <= value <= MOST:
            raise Invalid(field, f"{field}: must be 1 to {MOST:,}")
        if value is not None and user_id == EVERYBODY:
            raise Invalid(field, f"{field}: is a lane's business for all users together; see `darkroom lanes`")
    if budget_usd is not None and not 0 <= budget_usd <= MOST:
        raise Invalid("budget", f"budget: must be 0 to {MOST:,} US dollars")
    given = {"in_flight": in_flight, "per_minute": per_minute, "budget_usd": budget_usd, "period": period}
    await fetch(engine, _SET, user_id=user_id, **given)


async def forget_limits(engine: AsyncEngine, user_id: str) -> None:
    """Take a user's own limits away; those for everybody hold then, and for the anonymous key its defaults.

    Raises Invalid when there are none.
    """
    if not await fetch(engine, _FORGET, user_id=user_id):
        raise Invalid("user", f"user: there are no limits for {user_id!r}; list them with `darkroom limits ls`")
