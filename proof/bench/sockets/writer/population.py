"""Who and what there is before anything is measured: users with keys, and generations finished long ago."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.api_keys import key_hash, new_key
from pipeline.ids import new_id
from pipeline.statements import as_json, execute, statement

MODEL = "black-forest-labs/flux-schnell"
PROMPT = "a lighthouse at dusk, storm light, plate 1"

_ENROL = statement("""
    INSERT INTO api_keys (id, key_hash, name, user_id, role)
    SELECT r.id, decode(r.key_hash, 'hex'), r.name, r.name, 'user'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, key_hash text, name text)
""")

# Each as the one that went through the whole lifecycle, but for what must be its own.
_COPY = statement("""
    INSERT INTO image_generations
    SELECT copy.* FROM image_generations AS g, jsonb_array_elements(CAST(:rows AS jsonb)) AS own,
      jsonb_populate_record(g, own) AS copy
    WHERE g.id = :id
""")


def user_of(number: int, users: int) -> str:
    """Whose the generation with this number is, and the socket."""
    return f"user-{number % users}"


def submission(user_id: str) -> dict[str, Any]:
    """What the door would hand to Submissions."""
    seed = random.randrange(2**31)
    return {
        "id": new_id(),
        "user_id": user_id,
        "prompt": PROMPT,
        "model": MODEL,
        "model_id": MODEL,
        "width": 256,
        "height": 256,
        "steps": 4,
        "seed": seed,
        "num_outputs": 1,
        "priority": 0,
        "max_attempts": 3,
        "provider": "replicate",
        "input": {"prompt": PROMPT, "num_inference_steps": 4, "num_outputs": 1, "seed": seed, "aspect_ratio": "1:1"},
    }


async def enrol(engine: AsyncEngine, users: int) -> list[str]:
    """A key for each of so many users."""
    keys = [new_key() for _ in range(users)]
    rows = [
        {"id": new_id(), "key_hash": key_hash(key).hex(), "name": user_of(number, users)}
        for number, key in enumerate(keys)
    ]
    await execute(engine, _ENROL, rows=as_json(rows))
    return keys


async def copy_finished(engine: AsyncEngine, finished: UUID, users: Sequence[str]) -> list[str]:
    """As many like `finished` as there are `users`, one for each; their ids."""
    ids = [str(new_id()) for _ in users]
    rows = [
        {"id": id_, "user_id": user, "replicate_prediction_id": uuid4().hex}
        for id_, user in zip(ids, users, strict=True)
    ]
    await execute(engine, _COPY, rows=as_json(rows), id=finished)
    return ids
