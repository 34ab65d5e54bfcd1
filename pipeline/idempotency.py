"""Idempotency: what is submitted with a key is made once, however often and however concurrently it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.allowance import ASKED, YES, Ask, give_back
from pipeline.errors import KeyReused, NotFound
from pipeline.read import read_generation
from pipeline.statements import as_json, fetch, statement
from pipeline.submit import submitting, submitting_if_allowed

KEPT = "interval '24 hours'"
"""How long a key stands for what it made, in SQL. After that it is free again."""

# Key and generation in one statement, so there is never one without the other. Who comes second waits in ON CONFLICT
# until the first has committed (then there is nothing to insert) or has rolled back (then the key is its own).
_TAKEN = f"""taken AS (
      INSERT INTO idempotency_keys AS k (user_id, key, body_hash, generation_id)
      SELECT CAST(:user_id AS text), CAST(:key AS text), CAST(:body_hash AS bytea), CAST(:made_id AS uuid) WHERE %s
      ON CONFLICT (user_id, key) DO UPDATE SET
        body_hash = excluded.body_hash, generation_id = excluded.generation_id, created_at = now()
      WHERE k.created_at < now() - {KEPT}
      RETURNING k.key)"""
TAKEN = _TAKEN % "true"
"""A CTE that holds a row when the key is ours; the rest of the statement makes something only then."""
# Nothing is asked for, nor taken, when it is not fresh; the payer's place in the call makes it wait for that answer.
TAKEN_IF_ALLOWED = f"""may AS MATERIALIZED (
      SELECT allowed.* FROM (
        SELECT darkroom_key_is_fresh(CAST(:user_id AS text), CAST(:key AS text), {KEPT}) AS fresh OFFSET 0) AS found
      CROSS JOIN LATERAL {ASKED % "CASE WHEN found.fresh THEN CAST(:payer AS text) END"} AS allowed
      WHERE found.fresh),
    {_TAKEN % YES}"""
"""The same where the user's rate and budgets are asked first, in `may`; not for what the key has made already."""
IS_OURS = "EXISTS (SELECT FROM taken)"
_SUBMIT = submitting(IS_OURS, f"{TAKEN},")
_SUBMIT_IF_ALLOWED = submitting_if_allowed(IS_OURS, f"{TAKEN_IF_ALLOWED},")

_STORED = statement("""
    SELECT body_hash, generation_id FROM idempotency_keys WHERE user_id = :user_id AND key = :key
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


async def submit_once(engine: AsyncEngine, key: Key, submission: Mapping[str, Any], *, limited: bool = False) -> Once:
    """Insert a row (as `Submissions.submit`) unless `key` has made one within a day: then that one as it stands now.

    Raises KeyReused when it was made of another body, and NotFound when it has been deleted: a key never buys twice.
    With `limited` TooMany and BudgetSpent, too; what the key has made before takes nothing of a rate or a budget.
    """
    ask = Ask.of(submission["user_id"], [submission]) if limited else None
    sql = _SUBMIT_IF_ALLOWED if limited else _SUBMIT
    made = await make_once(engine, key, submission["id"], sql, ask, rows=as_json([submission]))
    if not isinstance(made, UUID):
        return Once(made[0], replayed=False)
    row = await read_generation(engine, made)
    if row is None:
        raise NotFound(
            "Idempotency-Key: the generation that was made with it has been deleted; send another key for another one"
        )
    return Once(row, replayed=True)


async def make_once(
    engine: AsyncEngine, key: Key, made_id: UUID, sql: TextClause, ask: Ask | None, **parameters: Any
) -> Sequence[Row[Any]] | UUID:
    """Run `sql`, which begins with TAKEN and makes `made_id`: its rows, or the id of what the key made before.

    With `ask` it begins with TAKEN_IF_ALLOWED. Raises KeyReused when that was made of another body, and with `ask`
    TooMany and BudgetSpent.
    """
    named = {"user_id": key.user_id, "key": key.key}
    given = {**named, "body_hash": key.body_hash, "made_id": str(made_id), **parameters}
    while True:
        if rows := await fetch(engine, sql, **given, **(ask.parameters if ask else {})):
            if ask is None:
                return rows
            ask.check(rows[0])
            if rows[0].id is not None:
                return rows
            # Somebody else has made it with the same key, at the same time.
            await give_back(engine, ask.payer, ask.number)
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
