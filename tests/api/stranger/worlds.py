"""Two Darkrooms with the same stranger in them: one empty, one full of other people's rows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from api.state import State
from pipeline.api_keys import save_key
from pipeline.database import open_engine
from pipeline.limits import set_limits
from pipeline.settings import Settings
from pipeline.statements import as_json, fetch, statement
from tests.api.auth.minting import SECRET, sign
from tests.api.conftest import darkroom_of
from tests.conftest import login_of
from tests.darkroom import Darkroom
from tests.rows import submit
from tests.web_process import web_process

STRANGER = "6c2c0f3e-0000-4000-8000-00000000beef"
"""The user that asks; a UUID, for old apps have those."""
STRANGER_KEY = "dk_the-strangers-own-key-which-is-the-same-in-both-worlds"
INHABITANT = "6c2c0f3e-0000-4000-8000-0000000000aa"
ANON_KEY = "the-anon-key"
SECRET_PROMPT = "Secret plans: the vault opens with 4711"
SECRET_PATH = "ab/the-vault-0123456789abcdef.webp"
OWN_PROMPT = "the stranger's own lighthouse"
MODEL = "black-forest-labs/flux-schnell"
MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def _id(number: int) -> UUID:
    return UUID(f"01900000-0000-7000-8000-{number:012d}")


OWN, OWN_WAITING = _id(1), _id(2)
"""The stranger's generations, in both worlds."""
SENTINEL = _id(3)
"""One without an owner, in both worlds; whoever knows its id may follow it."""
STATUSES = ("pending", "queued", "processing", "downloading", "completed", "failed", "cancelled")
FOREIGN = {status: _id(10 + number) for number, status in enumerate(STATUSES)}
"""The inhabitant's, by status."""
OWNERLESS = _id(30)
"""Submitted with the publishable key; completed."""
FOREIGN_BATCH, FOREIGN_IMAGE, OWNERLESS_IMAGE, FOREIGN_DELIVERY = _id(40), _id(41), _id(42), _id(43)
FOREIGN_KEY = "idempotency-key-of-the-inhabitant"
PREDICTION = "prediction-of-the-inhabitant"


@dataclass(frozen=True)
class World:
    """One Darkroom, with its web process on the test's loop."""

    darkroom: Darkroom
    state: State
    engine: AsyncEngine
    keys: dict[str, str] = field(
        default_factory=lambda: {
            "stranger": STRANGER_KEY,
            "stranger's JWT": sign(sub=STRANGER),
            "anonymous": ANON_KEY,
        }
    )
    """What the stranger may come with, by a name for messages."""


@asynccontextmanager
async def world(settings: Settings, *, inhabited: bool) -> AsyncIterator[World]:
    """A web process on the settings' database, which has the stranger's rows, and others' when it is `inhabited`."""
    async with AsyncExitStack() as stack:
        engine = open_engine(settings)
        stack.push_async_callback(engine.dispose)
        await fetch(engine, statement("INSERT INTO lanes (provider, cap) VALUES ('replicate', 64) RETURNING cap"))
        await save_key(engine, STRANGER_KEY, name="stranger", user_id=STRANGER, role="user")
        await _settle_stranger(engine)
        if inhabited:
            await _settle_inhabitant(engine)
        state = await stack.enter_async_context(web_process(settings))
        yield World(darkroom_of(settings), state, engine)


def world_settings(settings: Settings, database_url: str, port: int) -> Settings:
    """The settings of one of the two, for its database's address as the owner has it."""
    old = {"supabase_anon_key": ANON_KEY, "supabase_jwt_secret": SECRET}
    return settings.model_validate(
        {**settings.model_dump(), "database_url": login_of(database_url), "port": port, **old}
    )


async def _settle_stranger(engine: AsyncEngine) -> None:
    await _make(engine, OWN, "completed", STRANGER, OWN_PROMPT)
    await _make(engine, OWN_WAITING, "queued", STRANGER, OWN_PROMPT)
    await _make(engine, SENTINEL, "processing", None, OWN_PROMPT)


async def _settle_inhabitant(engine: AsyncEngine) -> None:
    for status, generation_id in FOREIGN.items():
        await _make(engine, generation_id, status, INHABITANT, f"{SECRET_PROMPT} {status}", batch_id=FOREIGN_BATCH)
    await _make(engine, OWNERLESS, "completed", None, f"{SECRET_PROMPT} of nobody")
    await set_limits(engine, INHABITANT, in_flight=3, per_minute=7, budget_usd=None, period="month")
    await save_key(engine, "dk_another", name="inhabitant", user_id=INHABITANT, role="user")
    await asyncio.gather(
        *(
            _execute(engine, sql, **values)
            for sql, values in (
                (
                    "INSERT INTO batches (id, user_id, name, total) VALUES (CAST(:id AS uuid), :owner, 'vault', 7)",
                    {"id": str(FOREIGN_BATCH), "owner": INHABITANT},
                ),
                (_IMAGE, _image_of(FOREIGN_IMAGE, FOREIGN["completed"], INHABITANT, SECRET_PATH)),
                (_IMAGE, _image_of(OWNERLESS_IMAGE, OWNERLESS, None, "cd/of-nobody-0123456789abcdef.webp")),
                (
                    "INSERT INTO deliveries (id, user_id, generation_id, version, type, url, host, endpoint, payload, "
                    "state, settled_at) VALUES (CAST(:id AS uuid), :owner, CAST(:of AS uuid), 4, "
                    "'generation.completed', 'https://vault.example/hook', 'vault.example', 'x', '{}', 'delivered', "
                    "now())",
                    {"id": str(FOREIGN_DELIVERY), "owner": INHABITANT, "of": str(FOREIGN["completed"])},
                ),
                (
                    "INSERT INTO idempotency_keys (user_id, key, body_hash, generation_id) "
                    "VALUES (:owner, :key, 'x', CAST(:of AS uuid))",
                    {"owner": INHABITANT, "key": FOREIGN_KEY, "of": str(FOREIGN["completed"])},
                ),
            )
        )
    )


async def _make(
    engine: AsyncEngine, generation_id: UUID, status: str, owner: str | None, prompt: str, **more: Any
) -> None:
    """A row that stands at `status`, its moments the same in every world."""
    metadata = {"note": prompt}
    await submit(engine, id=generation_id, user_id=owner, prompt=prompt, metadata=metadata, seed=4711, **more)
    entry = {"v": 1, "status": status, "attempt": 1, "at": MOMENT.isoformat()}
    working = status in ("pending", "processing", "downloading")
    await _execute(
        engine,
        "UPDATE image_generations SET status = :status, timeline = CAST(:timeline AS jsonb), "
        "due_at = CASE WHEN :working THEN now() + interval '1 day' END, created_at = :at, updated_at = :at, "
        "completed_at = CASE WHEN :final THEN CAST(:at AS timestamptz) END, "
        "replicate_prediction_id = CAST(:prediction AS text) WHERE id = CAST(:id AS uuid)",
        id=str(generation_id),
        status=status,
        timeline=as_json([entry]),
        working=working,
        at=MOMENT,
        final=status in ("completed", "failed", "cancelled"),
        prediction=PREDICTION if generation_id == FOREIGN["processing"] else None,
    )


_IMAGE = """
    INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size, width, height,
      format, prompt, model)
    VALUES (CAST(:id AS uuid), CAST(:of AS uuid), 0, :owner, :path, :path, :path, 4711, 64, 64, 'webp', :prompt, :model)
"""


def _image_of(image_id: UUID, generation_id: UUID, owner: str | None, path: str) -> dict[str, Any]:
    return {
        "id": str(image_id),
        "of": str(generation_id),
        "owner": owner,
        "path": path,
        "prompt": SECRET_PROMPT,
        "model": MODEL,
    }


async def _execute(engine: AsyncEngine, sql: str, **values: Any) -> None:
    async with engine.connect() as connection:
        await connection.execute(statement(sql), values)


async def change_foreign(world: World) -> None:
    """Let something happen to the inhabitant's rows, where there are any; then to SENTINEL.

    The gateway reads changes in the order of their commits: who has heard of SENTINEL has heard of all before it.
    """
    connection = await asyncpg.connect(world.darkroom.database_url)
    try:
        for generation_id in (*FOREIGN.values(), OWNERLESS):
            await connection.execute(
                "UPDATE image_generations SET status = 'failed', due_at = NULL, error_message = 'by hand' "
                "WHERE id = $1 AND status IN ('queued', 'processing', 'downloading')",
                generation_id,
            )
        await connection.execute("DELETE FROM image_generations WHERE id = $1", FOREIGN["cancelled"])
        await connection.execute(
            "UPDATE image_generations SET status = 'failed', due_at = NULL, error_message = 'by hand' WHERE id = $1",
            SENTINEL,
        )
    finally:
        await connection.close()
