"""Limits: how much one user may have in flight, submit and spend, and all of them together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import BudgetSpent, Invalid, TooMany
from pipeline.money import EVERYBODY
from pipeline.statements import fetch, statement

EACH = "*"
"""Stands for every user who has no limits of their own."""
BELIEVED_SECONDS = 2.0
"""How long a door believes that there are no limits at all, and saves the round trip."""
MOST = 1_000_000
LONGEST_USER = 255

Period = Literal["day", "month"]

_ANY = statement("SELECT EXISTS (SELECT FROM user_limits) AS there_are")
_MAY = statement("SELECT * FROM darkroom_may_submit(:user_id, :number, CAST(:usd AS numeric))")
_LIST = statement("""
    SELECT l.user_id, l.in_flight, l.per_minute, CAST(l.budget_usd AS double precision) AS budget_usd, l.budget_period,
      CAST(darkroom_budget_left(l.user_id) AS double precision) AS budget_left, l.updated_at
    FROM user_limits AS l ORDER BY l.user_id
""")
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
    FROM (SELECT 1) AS one LEFT JOIN LATERAL (
      SELECT * FROM user_limits AS u WHERE u.user_id IN (:user_id, '*') ORDER BY u.user_id = '*' LIMIT 1) AS l ON true
""")
_FORGET = statement("DELETE FROM user_limits WHERE user_id = :user_id RETURNING user_id")


class Limits:
    """What a door asks before it accepts anything."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._none_until = 0.0

    async def check(
        self,
        user_id: str | None,
        submissions: Sequence[Mapping[str, Any]],
        *,
        unless: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Take the submissions out of the user's rate, and see that a budget can pay for them; nothing when `unless`.

        Raises TooMany, which says when to come again, or BudgetSpent; then nothing was taken.
        """
        now = asyncio.get_running_loop().time()
        if now < self._none_until:
            return
        if not (await fetch(self._engine, _ANY))[0].there_are:
            self._none_until = now + BELIEVED_SECONDS
            return
        if unless is not None and await unless():
            return
        number, usd = len(submissions), sum((_estimate(one) for one in submissions), Decimal(0))
        (found,) = await fetch(self._engine, _MAY, user_id=user_id or "", number=number, usd=usd)
        match found.short_of:
            case "rate":
                raise TooMany(_too_many(number, found), found.wait)
            case "user" | "all":
                raise BudgetSpent(_spent(found, usd))


def _estimate(submission: Mapping[str, Any]) -> Decimal:
    return Decimal(str(submission["estimated_cost"] or 0))


def _too_many(number: int, found: Row[Any]) -> str:
    limit = f"at most {found.limited_to:,.0f} generations a minute"
    if found.wait is None:
        return f"{limit}, and these are {number:,} at once; send fewer at a time"
    return f"{limit}; come again in {max(1, round(found.wait))} s"


def _spent(found: Row[Any], usd: Decimal) -> str:
    whose = "your budget" if found.short_of == "user" else "this server's budget"
    left = max(Decimal(0), found.left_over)
    return (
        f"{whose} of ${found.limited_to:.2f} a {found.period} has ${left:.4f} left, and this would cost about "
        f"${usd:.4f}; it begins anew with the next {found.period} (UTC)"
    )


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
    """Take a user's own limits away; those for everybody hold then. Raises Invalid when there are none."""
    if not await fetch(engine, _FORGET, user_id=user_id):
        raise Invalid("user", f"user: there are no limits for {user_id!r}; list them with `darkroom limits ls`")
