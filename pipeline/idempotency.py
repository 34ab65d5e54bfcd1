"""Idempotency: what is submitted with a key is made once, however often and however concurrently it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import KeyReused, NotFound
from pipeline.read import read_generation
from pipeline.statements import as_json, fetch, statement
from pipeline.submit import submitting

KEPT = "interval '24 hours'"
"""How long a key stands for what it made, in SQL. After that it is free again."""

# Key and generation in one statement, so there is never one without the other. Who comes second waits in ON CONFLICT
# until the first has committed (then there is nothing to insert) or has rolled back (then the key is its own).
TAKEN = f"""taken AS (
      INSERT INTO idempotency_keys AS k (user_id, key, body_hash, generation_id)
      VALUES (:user_id, :key, :body_hash, CAST(:made_id AS uuid))
      ON CONFLICT (user_id, key) DO UPDATE SET
        body_hash = excluded.body_hash, generation_id = excluded.generation_id, created_at = now()
      WHERE k.created_at < now() - {KEPT}
      RETURNING k.key)"""
"""A CTE that holds a row when the key is ours; the rest of the statement makes something only then."""
_SUBMIT = submitting("EXISTS (SELECT FROM taken)", f"{TAKEN},")

_STORED = statement("""
    SELECT body_hash, generation_id FROM idempotency_keys WHERE user_id = :user_id AND key = :key
""")

_STANDS = statement(f"""
    SELECT key FROM idempotency_keys WHERE user_id = :user_id AND key = :key AND created_at >= now() - {KEPT}
""")

# Skips locked ones: whoever holds one is just making it young again.
_FORGET = statement(f"""
    WITH old AS MATERIALIZED (
      SELECT user_id, key FROM idempotency_keys WHERE created_at < now() - {KEPT}
      ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED)
    DELETE FROM idempotency_keys AS k USING old WHERE k.user_id = old.user_id AND k.key = old.key
    RETURNING k.key
""")
FORGOTTEN_AT_ONCE = 1_000


class Key(NamedTuple):
    """A caller's key, and the hash of the body that came with it."""

    user_id: str
    """Empty for a caller without a name: all of them share one room of keys."""
    key: str
    body_hash: bytes


class Once(NamedTuple):
    """What a key stands for."""

    row: Row[Any]
    replayed: bool
    """Whether an earlier request made it; then nobody needs to be told."""


async def submit_once(engine: AsyncEngine, key: Key, submission: Mapping[str, Any]) -> Once:
    """Insert a row (as `Submissions.submit`) unless `key` has made one within a day: then that one as it stands now.

    Raises KeyReused when it was made of another body, and NotFound when it has been deleted: a key never buys twice.
    """
    made = await make_once(engine, key, submission["id"], _SUBMIT, rows=as_json([submission]))
    if not isinstance(made, UUID):
        return Once(made[0], replayed=False)
    row = await read_generation(engine, made)
    if row is None:
        raise NotFound(
            "Idempotency-Key: the generation that was made with it has been deleted; send another key for another one"
        )
    return Once(row, replayed=True)


async def is_made(engine: AsyncEngine, key: Key) -> bool:
    """Whether `key` stands for something already, of whatever body."""
    return bool(await fetch(engine, _STANDS, user_id=key.user_id, key=key.key))


async def make_once(
    engine: AsyncEngine, key: Key, made_id: UUID, sql: TextClause, **parameters: Any
) -> Sequence[Row[Any]] | UUID:
    """Run `sql`, which begins with TAKEN and makes `made_id`: its rows, or the id of what the key made before.

    Raises KeyReused when that was made of another body.
    """
    named = {"user_id": key.user_id, "key": key.key}
    while True:
        if rows := await fetch(engine, sql, **named, body_hash=key.body_hash, made_id=str(made_id), **parameters):
            return rows
        if stored := await fetch(engine, _STORED, **named):
            break
        # Forgotten between the two statements, so it is a day old: this time the insert takes it.
    if stored[0].body_hash != key.body_hash:
        raise KeyReused
    made: UUID = stored[0].generation_id
    return made


async def forget_old_keys(engine: AsyncEngine, most: int = FORGOTTEN_AT_ONCE) -> int:
    """Delete the keys that are free again, `most` in a statement; how many there were."""
    forgotten = 0
    while True:
        batch = len(await fetch(engine, _FORGET, most=most))
        forgotten += batch
        if batch < most:
            return forgotten
