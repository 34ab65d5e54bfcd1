"""The floor: what this Postgres does when nothing but one generation's five commits is asked of it.

The same tables, indexes and changed columns as the pipeline, by a bare asyncpg loop: one row a statement, each its own
transaction, prepared, found by primary key; no batches, no bells, no notices, no guards beyond the status.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import orjson

from pipeline.database import connect_arguments
from pipeline.ids import new_id
from pipeline.transitions import entry, move
from proof.bench.databases import make_database
from proof.bench.driver.crowd import Run
from proof.bench.driver.plan import Plan, Seen
from proof.bench.driver.race import race
from proof.bench.failure import BenchFailed
from schema.statuses import Status

_DATABASE = "floor"
_PROMPT = "a lighthouse at dusk, storm light, plate 1"
_MODEL = "black-forest-labs/flux-schnell"
_INPUT = orjson.dumps(
    {
        "prompt": _PROMPT,
        "num_inference_steps": 4,
        "num_outputs": 1,
        "seed": 2**30,
        "aspect_ratio": "1:1",
        "output_format": "webp",
        "output_quality": 90,
    }
).decode()

_STATEMENTS = (
    f"""
    INSERT INTO image_generations (id, user_id, prompt, model, model_id, width, height, steps, seed, num_outputs,
      priority, max_attempts, provider, input, status, version, timeline)
    VALUES ($1, 'development', $2, $3, $3, 256, 256, 4, 1073741824, 1,
      0, 3, 'replicate', $4::jsonb, 'queued', 1, jsonb_build_array({entry(Status.QUEUED, "1", "0")}))
    """,
    f"""
    UPDATE image_generations AS g SET
      {move(Status.QUEUED, Status.PROCESSING, attempt="g.attempt_number + 1")},
      attempt_number = g.attempt_number + 1, attempt_at = now(), fence = g.fence + 1,
      due_at = now() + interval '30 seconds', replicate_prediction_id = NULL, prediction = NULL, progress = NULL
    WHERE g.id = $1 AND g.status = 'queued'
    """,
    """
    UPDATE image_generations AS g SET
      prediction = $2::jsonb, changed = pg_current_xact_id(), replicate_prediction_id = $3, due_at = now()
    WHERE g.id = $1 AND g.status = 'processing'
    """,
    f"""
    UPDATE image_generations AS g SET
      {move(Status.PROCESSING, Status.DOWNLOADING)},
      fence = g.fence + 1, due_at = now(), retry_count = 0,
      generation_time_seconds = CAST(g.prediction->>'seconds' AS double precision)
    WHERE g.id = $1 AND g.status = 'processing'
    """,
    f"""
    WITH moved AS (
      UPDATE image_generations AS g SET
        {move(Status.DOWNLOADING, Status.COMPLETED)},
        completed_at = now(), due_at = NULL, progress = 100, error_message = NULL
      WHERE g.id = $1 AND g.status = 'downloading'
      RETURNING g.id, g.user_id, g.prompt, g.negative_prompt, g.model)
    INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size,
      width, height, format, prompt, negative_prompt, model)
    SELECT $2, moved.id, 0, moved.user_id, $3, $4, $5, 197000, 256, 256, 'png', moved.prompt,
      moved.negative_prompt, moved.model
    FROM moved
    """,
)

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def floor(plan: Plan) -> AsyncIterator[Run]:
    """`plan.at_once` connections to the floor's own database, statements prepared, while the context lasts."""
    async with AsyncExitStack() as stack:
        walkers = []
        for _ in range(plan.at_once):
            connection: _Connection = await asyncpg.connect(plan.database_url, **connect_arguments())
            stack.push_async_callback(connection.close)
            walkers.append(await _walker(connection))

        async def run(count: int, done: Callable[[], None]) -> list[Seen]:
            await race(walkers, count, done)
            return []

        yield run


async def _walker(connection: _Connection) -> Callable[[], Awaitable[None]]:
    insert, claim, hear, collect, complete = [await connection.prepare(statement) for statement in _STATEMENTS]

    async def walk() -> None:
        """Take one generation from nothing to completed."""
        generation_id, prediction_id = new_id(), uuid4().hex[:26]
        filename = f"{generation_id.hex}.png"
        path = f"{generation_id}/{filename}"
        await insert.fetch(generation_id, _PROMPT, _MODEL, _INPUT)
        await claim.fetch(generation_id)
        await hear.fetch(generation_id, _prediction(prediction_id), prediction_id)
        await collect.fetch(generation_id)
        await complete.fetch(generation_id, uuid4(), filename, path, f"http://127.0.0.1:8600/images/{path}")
        if complete.get_statusmsg() != "INSERT 0 1":
            raise BenchFailed(f"the floor's generation {generation_id} was lost on its way")

    return walk


def _prediction(prediction_id: str) -> str:
    output = [f"http://127.0.0.1:8601/outputs/{prediction_id}/0.png"]
    return orjson.dumps({"status": "succeeded", "output": output, "seconds": 0.001}).decode()


async def make_floor(database_url: str) -> str:
    """Make the floor's database on the server of `database_url`; its address for asyncpg."""
    return await make_database(database_url, _DATABASE)
