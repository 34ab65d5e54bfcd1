"""Allowance: whether a user's rate and budgets have room for what is submitted, asked in the statement that makes it.

A question before it would be a race: fifty that ask at the same time would all be told yes. So the rate's tokens are
taken and the budgets counted under a lock that is held until the rows are there; when they fail, nothing was taken.
"""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import BudgetSpent, PriceUnknown, TooMany
from pipeline.statements import execute, fetch, statement

BELIEVED_SECONDS = 2.0
"""How long a door believes that there are limits, or none at all: then it makes rows without asking."""

_ANY = statement("SELECT EXISTS (SELECT FROM user_limits) AS there_are")
_GIVE_BACK = statement("UPDATE meters SET tokens = tokens + :number WHERE user_id = :payer")

ASKED = "darkroom_may_submit(%s, CAST(:number AS integer), CAST(:usd AS numeric))"
"""The function that takes, of a payer; `Ask` has its parameters."""
MAY = f"may AS MATERIALIZED (SELECT * FROM {ASKED % 'CAST(:payer AS text)'})"
"""A CTE of the answer: one row."""
YES = "EXISTS (SELECT FROM may WHERE short_of IS NULL)"
ANSWER = "may.short_of, may.limited_to, may.period, may.left_over, may.wait"
"""The columns that `Ask.check` reads."""


class Limits:
    """Whether a door has to ask at all."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._there_are = True
        self._asked_at = -BELIEVED_SECONDS

    async def bind(self, user_id: str | None) -> bool:
        """Whether anything may limit this user, so that the statement which makes their rows has to ask.

        The anonymous key has limits by default. Whether anybody else has is believed for two seconds.
        """
        if not user_id:
            return True
        now = asyncio.get_running_loop().time()
        if now >= self._asked_at + BELIEVED_SECONDS:
            self._there_are = (await fetch(self._engine, _ANY))[0].there_are
            self._asked_at = now
        return self._there_are


class Ask(NamedTuple):
    """What one user wants to have made at once."""

    payer: str
    """Empty: the anonymous key."""
    number: int
    usd: Decimal | None
    """What all of it is thought to cost; None when nobody knows that of one."""
    unpriced: str = ""
    """Of what nobody knows the price, and what to do."""

    @classmethod
    def of(cls, user_id: str | None, submissions: Sequence[Mapping[str, Any]]) -> "Ask":
        """For these submissions of a user, as `submission_of` makes them."""
        usd = Decimal(0)
        for one in submissions:
            if (cost := one.get("estimated_cost")) is None:
                unpriced = unpriced_of(one["model_id"], one.get("model_version"))
                return cls(user_id or "", len(submissions), None, unpriced)
            usd += Decimal(str(cost))
        return cls(user_id or "", len(submissions), usd)

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of ASKED."""
        return {"payer": self.payer, "number": self.number, "usd": self.usd}

    def check(self, answer: Row[Any]) -> None:
        """Raise TooMany, which says when to come again, or BudgetSpent, when the ANSWER in a row is no."""
        match answer.short_of:
            case "rate":
                raise TooMany(self._too_many(answer), answer.wait)
            case "price":
                raise PriceUnknown(f"{self.unpriced}, and a budget pays known prices only")
            case "user" | "all":
                raise BudgetSpent(self._spent(answer))

    def _too_many(self, answer: Row[Any]) -> str:
        limit = f"at most {answer.limited_to:,.0f} generations a minute"
        if answer.wait is None:
            told = f"{limit}, and these are {self.number:,} at once; send fewer at a time"
        else:
            told = f"{limit}; come again in {max(1, round(answer.wait))} s"
        return told + self._who_sets("--per-minute <number>")

    def _spent(self, answer: Row[Any]) -> str:
        of_user = answer.short_of == "user"
        whose = "this server's" if not of_user else "your" if self.payer else "the publishable key's"
        left = max(Decimal(0), answer.left_over)
        told = (
            f"{whose} budget of ${answer.limited_to:.2f} a {answer.period} has "
            f"${left:.4f} left, and this would cost about ${self.usd:.4f}; it begins anew with the next "
            f"{answer.period} (UTC)"
        )
        return told + self._who_sets("--budget <usd>") if of_user else told

    def _who_sets(self, option: str) -> str:
        """For the developer of an app, whose users cannot do anything about it."""
        if self.payer:
            return ""
        return (
            "; everybody with the publishable key shares this: its operator sets it with "
            f"`darkroom limits set --anonymous {option}`, and users who sign in have limits of their own"
        )


def unpriced_of(model_id: str, model_version: str | None) -> str:
    """Of what nobody knows the price, and what the operator has to do."""
    if model_version is None:
        return f"model_id: nobody knows what {model_id} costs"
    return (
        f"model_version: nobody knows what {model_version} costs until the operator enters it with "
        f"`darkroom models add {model_version} --usd <price>`"
    )


async def give_back(engine: AsyncEngine, payer: str, number: int) -> None:
    """Return tokens that were taken for rows which somebody else has made meanwhile."""
    await execute(engine, _GIVE_BACK, payer=payer, number=number)
