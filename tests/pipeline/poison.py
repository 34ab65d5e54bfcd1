"""A poisonous hand: what somebody may write by SQL, past every endpoint."""

from typing import Any, NamedTuple

import asyncpg

from tests.events import URL


class Poison(NamedTuple):
    """One way to write a row, or to change one."""

    column: str
    value: str
    """In SQL."""
    refused: bool
    """By the schema, when a person writes it; else the row has to fail by itself."""


def nested(levels: int) -> str:
    """An object with arrays in each other, as text: no writer of JSON goes so deep."""
    return f'{{"a": {"[" * levels}{"]" * levels}}}'


POISONS = [
    Poison("metadata", f"'{nested(300)}'", refused=True),
    Poison("metadata", f"'{nested(1_500)}'", refused=True),
    Poison("metadata", "'{\"a\": 1e400}'", refused=True),
    Poison("deadline", "'9999-12-31 23:59:59-01'", refused=True),
    Poison("due_at", "'infinity'", refused=True),
    Poison("created_at", "'0044-03-15 BC'", refused=True),
    Poison("attempt_number", "32767", refused=True),
    Poison("version", "2147483647", refused=True),
    Poison("turn", "9223372036854775807", refused=True),
    Poison("cost", "1e400", refused=True),
    Poison("guidance_scale", "'NaN'", refused=False),
    Poison("generation_strength", "'Infinity'", refused=False),
    Poison("seed", "-9223372036854775808", refused=False),
    Poison("width", "2147483647", refused=False),
    Poison("num_outputs", "-32768", refused=False),
    Poison("style", "repeat('x', 100000)", refused=False),
    Poison("source_image_url", "'http://[::'", refused=False),
    Poison("model_id", "E'nobody/\\u2028'", refused=False),
]
NEW = f"""INSERT INTO image_generations (user_id, prompt, webhook_url, metadata, deadline, status)
    VALUES ('somebody', 'p', '{URL}', '{{}}', NULL, 'pending') RETURNING id"""


async def write_by_hand(database_url: str, poison: Poison, generation_id: Any = None) -> Any:
    """Give a row the poison, a new one when none is named: as a person in psql. The row's id; None when refused."""
    psql = await asyncpg.connect(database_url)
    try:
        async with psql.transaction():
            chosen = generation_id or await psql.fetchval(NEW)
            await psql.execute(f"UPDATE image_generations SET {poison.column} = {poison.value} WHERE id = $1", chosen)
    except asyncpg.PostgresError:
        return None
    finally:
        await psql.close()
    return chosen


async def write_as_before(database_url: str, metadata: str) -> Any:
    """A row as it was accepted before there were limits. Its id."""
    psql = await asyncpg.connect(database_url, server_settings={"darkroom.app": "on"})
    try:
        return await psql.fetchval(
            "INSERT INTO image_generations"
            " (id, user_id, prompt, model, model_id, webhook_url, metadata, status, due_at, timeline)"
            " VALUES (gen_random_uuid(), 'somebody', 'p', 'm/m', 'black-forest-labs/flux-schnell', $1, $2, 'pending',"
            " now(), jsonb_build_array(jsonb_build_object('v', 1, 'status', 'pending', 'at', now(), 'attempt', 0)))"
            " RETURNING id",
            URL,
            metadata,
        )
    finally:
        await psql.close()
