"""The plan: what a move would do, counted row by row, and what stands against it. Changes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.migration.reader import Batch, Reader
from pipeline.migration.rows import status_of
from pipeline.migration.source import Source, complaints, counts, strange_values
from pipeline.statements import WANTED, as_json, fetch, statement

_THERE = statement(f"""
    SELECT g.id, g.prompt, g.created_at FROM image_generations AS g
    WHERE g.id IN {WANTED}
""")
_MIGRATED = statement("""
    SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'public'
      AND table_name = 'image_generations' AND column_name = 'timeline') AS yes
""")
MOST_TOLD = 5


@dataclass
class Plan:
    """What would be done."""

    source: Source
    refusals: list[str] = field(default_factory=list)
    """What is not understood; nothing is done while there is any."""
    generations: Counter[str] = field(default_factory=Counter)
    """What is brought in, by the status it gets here."""
    there: int = 0
    """Generations that are here already, from an earlier run; they stay as they are."""
    images: int = 0
    batches: int = 0
    lone_images: int = 0
    """Pictures without a generation; each gets one."""
    lone_jobs: int = 0
    """Unfinished jobs without a generation; each gets one."""
    lost: int = 0
    """Unfinished generations without a waiting or running job; they fail, and can be tried again."""
    asked_after: int = 0
    """Unfinished ones whose prediction is known: it is asked after, and nothing is bought for them."""

    def as_document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "in_place": self.source.in_place,
            "schema": self.source.schema,
            "refusals": self.refusals,
            "generations": dict(sorted(self.generations.items())),
            "already_there": self.there,
            "images": self.images,
            "batches": self.batches,
            "images_without_generation": self.lone_images,
            "jobs_without_generation": self.lone_jobs,
            "unfinished_without_job": self.lost,
            "asked_after": self.asked_after,
        }


async def is_migrated(engine: AsyncEngine) -> bool:
    """Whether Darkroom's own tables are in this database."""
    (row,) = await fetch(engine, _MIGRATED)
    return bool(row.yes)


async def plan(engine: AsyncEngine, origin: AsyncEngine, source: Source, left_out: frozenset[str]) -> Plan:
    """Look at everything that `source` has at `origin`, and at what `engine`'s database has of it already."""
    found = Plan(source, complaints(source, left_out))
    if found.refusals:
        return found
    found.refusals += await strange_values(origin, source)
    found.refusals += await _unusable(origin, source)
    if found.refusals:
        return found
    compare = await is_migrated(engine)
    reader = Reader(origin, source, left_out)
    async for batch in reader.batches():
        there = await _there(engine, batch, found) if compare else set()
        _tally(found, batch, there)
    async for group in reader.groups():
        found.batches += len(group)
    return found


async def _unusable(origin: AsyncEngine, source: Source) -> list[str]:
    found: list[str] = []
    if source.has("image_generations", "replicate_prediction_id"):
        named = await counts(origin, source, "image_generations", "replicate_prediction_id")
        doubled = sum(number > 1 for prediction, number in named.items() if prediction is not None)
        if doubled:
            found.append(f"image_generations.replicate_prediction_id: {doubled} are named by more than one generation")
    for table, column in (("images", "public_url"), ("image_generations", "prompt")):
        empty = (await counts(origin, source, table, f"{column} IS NULL")).get(True, 0)
        if empty:
            found.append(f"{table}.{column}: {empty} rows have none")
    large = await counts(origin, source, "batch_generations", "total_count > 32767 OR total_count < 0")
    if large.get(True):
        found.append(f"batch_generations.total_count: {large[True]} rows are not 0 to 32767")
    return found


async def _there(engine: AsyncEngine, batch: Batch, found: Plan) -> set[Any]:
    by_id = {old["id"]: old for old, _ in batch.generations}
    rows = await fetch(engine, _THERE, ids=as_json(list(by_id)))
    others = [
        row.id for row in rows if (row.prompt, row.created_at) != (by_id[row.id]["prompt"], by_id[row.id]["created_at"])
    ]
    for one in others[: max(0, MOST_TOLD - len(found.refusals))]:
        found.refusals.append(f"image_generations.id: {one} is another generation here")
    return {row.id for row in rows}


def _tally(found: Plan, batch: Batch, there: set[Any]) -> None:
    for old, job in batch.generations:
        found.images += len(batch.images.get(old["id"], ()))
        if old["id"] in there:
            found.there += 1
            continue
        status, _ = status_of(old, job)
        found.generations[status] += 1
        found.lost += status == "failed" and old["status"] not in ("failed", "cancelled") and job is None
        found.asked_after += status == "processing"
    if not there:
        found.lone_images += batch.lone
        found.lone_jobs += batch.jobs
