"""Commits, counted by the rows' own account of them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import as_json, fetch, statement

_COMMITS = statement("""
    SELECT count(DISTINCT change) AS number FROM image_generations AS g, unnest(g.changes) AS change
    WHERE g.id IN (SELECT CAST(wanted.id AS uuid) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) AS wanted(id))
""")


async def count_commits(engine: AsyncEngine, ids: Sequence[str]) -> int:
    """In how many transactions these generations made their transitions."""
    (row,) = await fetch(engine, _COMMITS, ids=as_json(ids))
    number: int = row.number
    return number
