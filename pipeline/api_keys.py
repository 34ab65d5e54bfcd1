"""API keys: made once, shown once, kept as a hash."""

import hashlib
import secrets
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.ids import new_id
from pipeline.statements import fetch, statement

PREFIX = "dk_"
"""What every key begins with, so that a leaked one can be found by a secret scanner."""

_INSERT = statement("""
    INSERT INTO api_keys (id, key_hash, name, user_id, role) VALUES (:id, :key_hash, :name, :user_id, :role)
    ON CONFLICT (key_hash) DO NOTHING RETURNING id
""")
_FIND = statement("""
    SELECT user_id, role, expires_at FROM api_keys
    WHERE key_hash = :key_hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
""")


def new_key() -> str:
    """A fresh key with 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def key_hash(key: str) -> bytes:
    """What is kept of a key. Its randomness makes a slow, salted hash needless."""
    return hashlib.sha256(key.encode()).digest()


async def save_key(engine: AsyncEngine, key: str, *, name: str, user_id: str, role: str) -> None:
    """Let `key` in from now on, as `user_id` with `role` ("user" or "service"). Saving it twice changes nothing."""
    await fetch(engine, _INSERT, id=new_id(), key_hash=key_hash(key), name=name, user_id=user_id, role=role)


async def find_key(engine: AsyncEngine, key: str) -> Row[Any] | None:
    """The `user_id` and `role` of a key that is neither revoked nor expired."""
    rows = await fetch(engine, _FIND, key_hash=key_hash(key))
    return rows[0] if rows else None
