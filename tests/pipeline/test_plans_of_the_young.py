"""Statements planned while the tables are empty. That plan is kept, so it must find its rows by a key as well when
there are many: what looks cheapest in an empty table is to walk all of it.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import TextClause

import actors
import api
import pipeline
from tests.pipeline.plans import plan_of

WALKS = frozenset(
    {
        "pipeline.advance._COLLECT",
        "pipeline.limits._OF_USER",
        "pipeline.queue._QUEUE",
        "pipeline.read._DUE",
        "pipeline.read._UNFINISHED",
        "pipeline.sweep._ADMIT",
        "pipeline.sweep._EXPIRE",
        "pipeline.sweep._WAITING",
        "pipeline.waiting._PACES",
        "pipeline.waiting._POSITIONS",
        "pipeline.webhooks.claim._CLAIM",
        "api.supabase.rest.writes.remove._PUT_AWAY",
    }
)
"""They ask about the line, about what is in flight or due, or for the last to change: no more than that, in order."""
LARGE = ("image_generations", "images", "routes", "batches", "deliveries", "idempotency_keys", "spending", "meters")
"""Tables that grow with what is asked of them."""
ASKS_A_LARGE_ONE = re.compile(rf"\b({'|'.join(LARGE)}|job_queue)\b")
SCANS_A_LARGE_ONE = re.compile(rf"Scan .*on ({'|'.join(LARGE)})\b")


def statements_of(found: Any) -> Iterator[TextClause]:
    """The prepared statements in a module's value."""
    if isinstance(found, TextClause):
        yield found
    elif isinstance(found, dict):
        for one in found.values():
            yield from statements_of(one)
    elif isinstance(found, list | tuple):
        for one in found:
            yield from statements_of(one)


def every_statement() -> Iterator[tuple[str, TextClause]]:
    """Each statement of the packages that asks a large table, after where it stands."""
    for package in (pipeline, actors, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                for one in statements_of(value):
                    if ASKS_A_LARGE_ONE.search(one.text):
                        yield f"{module.name}.{name}", one


def walks(plan: list[str]) -> bool:
    """Whether it goes through a large table, or the whole of an index of one, without a key."""
    return any(
        SCANS_A_LARGE_ONE.search(line) and not re.search(r"(Index|Recheck) Cond", following)
        for line, following in zip(plan, [*plan[1:], ""], strict=True)
    )


@pytest.mark.parametrize("connection", ["young"], indirect=True)
async def test_plans_made_over_empty_tables_walk_through_none(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    found = {name: await plan_of(connection, one) for name, one in every_statement()}
    assert len(found) > 60
    walking = {name: plan for name, plan in found.items() if walks(plan)}
    assert sorted(walking.keys() - WALKS) == [], "\n".join(line for plan in walking.values() for line in plan)
    assert sorted(WALKS - walking.keys()) == []
