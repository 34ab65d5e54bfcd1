"""Feed: what was committed since a look, so that whoever follows many generations misses none of their transitions.

A horizon is the xmin of the snapshot that a look was taken with: every transaction that the look could not see has an
id of at least that, however long it stays open. So the next look asks for `changed >= horizon`; no window of time could
promise the same.
"""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import Move, as_move
from pipeline.statements import fetch, statement

NEVER = "18446744073709551615"
"""A horizon that nothing has reached: the first look only learns where it stands."""
MOST_BEHIND = 1_000_000
"""Transactions. A feed further behind than this begins anew: reading it up would take longer than it is worth."""

_HORIZON = "CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text)"
_SINCE = "CAST(CAST(:since AS text) AS xid8)"
_CHANGED = statement(f"""
    SELECT {_HORIZON} AS horizon, g.id, g.version, g.user_id, g.batch_id
    FROM (SELECT) AS once LEFT JOIN image_generations AS g ON g.changed >= {_SINCE}
""")

# Which database this is, and which of its histories: after a restore or a failover transaction ids mean something else.
_HISTORY = statement(f"""
    SELECT to_hex(c.system_identifier) || '.' || (SELECT to_hex(timeline_id) FROM pg_control_checkpoint())
      || '.' || (SELECT to_hex(CAST(CAST(oid AS text) AS bigint)) FROM pg_database WHERE datname = current_database())
      AS history, {_HORIZON} AS horizon
    FROM pg_control_system() AS c
""")

# `fresh_from` is the version of the first entry that the horizon does not cover. Rows whose change was no transition
# have none. In the order of their first transactions, so whoever is cut off half-way can go on there.
_MISSED = statement(f"""
    SELECT g.id, fresh.fresh_from, CAST(fresh.first_change AS text) AS first_change
    FROM image_generations AS g CROSS JOIN LATERAL (
      SELECT min(g.version - cardinality(g.changes) + n) AS fresh_from,
        min(CAST(CAST(by AS text) AS numeric)) AS first_change
      FROM unnest(g.changes) WITH ORDINALITY AS entry(by, n) WHERE by >= {_SINCE}) AS fresh
    WHERE g.changed >= {_SINCE} AND fresh.fresh_from IS NOT NULL
      AND (:everyone OR g.user_id = CAST(:user_id AS text))
      AND (CAST(:batch_id AS uuid) IS NULL OR g.batch_id = CAST(:batch_id AS uuid))
    ORDER BY fresh.first_change, g.id LIMIT :most
""")


class Missed(NamedTuple):
    """A generation that moved since a horizon."""

    id: UUID
    fresh_from: int
    """The version of the first timeline entry that the horizon does not cover."""
    first_change: int
    """The lowest transaction among those entries."""


class History(NamedTuple):
    """A database's identity, and where its transactions stand."""

    name: str
    horizon: str


async def read_changed(engine: AsyncEngine, since: str) -> tuple[str, list[Move]]:
    """What was committed since the look that returned the horizon `since`, and the horizon for the next look."""
    rows = await fetch(engine, _CHANGED, since=since)
    return rows[0].horizon, [as_move(row) for row in rows if row.id is not None]


async def read_history(engine: AsyncEngine) -> History:
    """Which history of which database this is, and the horizon now."""
    (row,) = await fetch(engine, _HISTORY)
    return History(row.history, row.horizon)


async def read_missed(
    engine: AsyncEngine, since: str, *, user_id: str | None, batch_id: UUID | None, most: int
) -> list[Missed]:
    """Up to `most` generations (of everyone when `user_id` is None) that moved since the horizon, by first change."""
    rows = await fetch(
        engine,
        _MISSED,
        since=since,
        everyone=user_id is None,
        user_id=user_id,
        batch_id=batch_id and str(batch_id),
        most=most,
    )
    return [Missed(row.id, row.fresh_from, int(row.first_change)) for row in rows]
