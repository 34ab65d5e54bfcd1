"""API keys: made once, shown once, kept as a hash."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Invalid
from pipeline.ids import new_id
from pipeline.statements import WANTED, as_json, fetch, statement
from pipeline.user_ids import complaint_about

PREFIX = "dk_"
"""What every key begins with, so that a leaked one can be found by a secret scanner."""
LONGEST_NAME = 100
LONGEST_LIFE = 36_500
"""Days."""

KeyRole = Literal["user", "service"]

_STANDS = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
_COLUMNS = f"""
    id, name, user_id, role, created_at, expires_at, revoked_at,
    CASE WHEN {_STANDS} THEN 'active' WHEN revoked_at IS NULL THEN 'expired' ELSE 'revoked' END AS state
"""
_INSERT = statement(f"""
    INSERT INTO api_keys (id, key_hash, name, user_id, role, expires_at)
    VALUES (:id, :key_hash, :name, :user_id, :role, now() + make_interval(days => CAST(:days AS integer)))
    ON CONFLICT (key_hash) DO NOTHING RETURNING {_COLUMNS}
""")
# What is left of its life, and not when it ends: the database's clock need not be ours. Infinity is no end.
_FIND = statement(f"""
    SELECT key_hash, id, user_id, role,
      CAST(NULLIF(extract(epoch FROM expires_at), 'infinity') - extract(epoch FROM now()) AS double precision)
        AS seconds_left
    FROM api_keys
    WHERE key_hash IN (SELECT decode(wanted.hash, 'hex')
                       FROM jsonb_array_elements_text(CAST(CAST(:hashes AS text) AS jsonb)) AS wanted(hash)
                       LIMIT octet_length(CAST(:hashes AS text))) AND {_STANDS}
""")
_STANDING = statement(f"""
    SELECT id FROM api_keys WHERE {_STANDS}
    AND id IN {WANTED}
""")
_LIST = statement(f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at DESC, id DESC")
_ENDING_IN = statement(f"SELECT {_COLUMNS} FROM api_keys WHERE right(CAST(id AS text), length(:ending)) = :ending")
_REVOKE = statement(f"""
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = :id RETURNING {_COLUMNS}
""")


def new_key() -> str:
    """A fresh key with 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def key_hash(key: str) -> bytes:
    """What is kept of a key. Its randomness makes a slow, salted hash needless."""
    return hashlib.sha256(key.encode()).digest()


async def save_key(
    engine: AsyncEngine, key: str, *, name: str, user_id: str, role: KeyRole, days: int | None = None
) -> Row[Any] | None:
    """Let `key` in from now on, for so many days or for good; its row. Saving it twice changes nothing: None.

    Raises Invalid.
    """
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid("name", f"name: must be 1 to {LONGEST_NAME} printable characters")
    if complaint := complaint_about(user_id):
        raise Invalid("user", f"user: {complaint}")
    if days is not None and not 1 <= days <= LONGEST_LIFE:
        raise Invalid("expires", f"expires: must be 1 to {LONGEST_LIFE} days")
    values = {"name": name, "user_id": user_id, "role": role, "days": days}
    rows = await fetch(engine, _INSERT, id=new_id(), key_hash=key_hash(key), **values)
    return rows[0] if rows else None


async def find_key(engine: AsyncEngine, key: str) -> Row[Any] | None:
    """The `id`, `user_id`, `role` and `seconds_left` (None: no end) of a key that is neither revoked nor expired."""
    (found,) = await find_keys(engine, [key_hash(key)])
    return found


async def find_keys(engine: AsyncEngine, hashes: Sequence[bytes]) -> list[Row[Any] | None]:
    """As find_key, in one statement: for each hash its key, or None."""
    rows = await fetch(engine, _FIND, hashes=as_json([one.hex() for one in hashes]))
    found = {bytes(row.key_hash): row for row in rows}
    return [found.get(one) for one in hashes]


async def standing_keys(engine: AsyncEngine, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` whose keys are neither revoked nor expired."""
    rows = await fetch(engine, _STANDING, ids=as_json(ids))
    return {row.id for row in rows}


async def list_keys(engine: AsyncEngine) -> Sequence[Row[Any]]:
    """Every key there ever was, newest first, without what would open a door."""
    return await fetch(engine, _LIST)


async def revoke_key(engine: AsyncEngine, ending: str) -> Row[Any]:
    """Let the key in no more whose id is `ending` or ends in it; its row. Again changes nothing. Raises Invalid."""
    found = await fetch(engine, _ENDING_IN, ending=ending.lower()) if ending else []
    if not found:
        raise Invalid("id", "id: no key has an id that ends so; list them with `darkroom keys ls`")
    if len(found) > 1:
        raise Invalid("id", f"id: several keys match: {', '.join(str(row.id) for row in found)}")
    return (await fetch(engine, _REVOKE, id=found[0].id))[0]
