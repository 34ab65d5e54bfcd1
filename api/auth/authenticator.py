"""The authenticator: from what came with a request to an identity."""

import hmac
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth.identity import ANONYMOUS, Identity
from api.auth.tokens import SERVICE, Tokens
from api.problems import Problem
from pipeline.api_keys import PREFIX, find_keys, key_hash
from pipeline.coalesce import Coalescer
from pipeline.settings import Settings
from pipeline.user_ids import RESERVED
from schema.wire.frames import MAX_TOKEN_LENGTH

CACHE_SECONDS = 5.0
"""How long what was let in is believed without asking again: the longest a revoked key still works."""
CACHE_SIZE = 10_000
UNKNOWN_SECONDS = 1.0
"""How long a key that was refused is refused without asking again: the longest until a key works that was tried before
it was made."""
UNKNOWN_SIZE = 10_000
UNKNOWN = "this key is unknown, revoked or expired"


class Authenticator:
    """Lets people in: by the old apps' keys, compared literally; by JWTs; by keys of ours, looked up by their hash."""

    def __init__(self, engine: AsyncEngine, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._literal = [
            (_bytes(settings.supabase_anon_key), ANONYMOUS),
            (_bytes(settings.supabase_service_role_key), Identity(SERVICE, "service")),
        ]
        self._tokens = Tokens(settings)
        self._now = now
        self._cache: dict[bytes, tuple[float, Identity]] = {}
        # Apart from those that were let in: whoever guesses pushes nobody out.
        self._unknown: dict[bytes, float] = {}
        self._find: Coalescer[bytes, Row[Any] | None] = Coalescer(partial(find_keys, engine))

    async def identify(self, key: str | None) -> Identity:
        """Who holds this key or token. Raises Problem("unauthorized"), or "unavailable" when a JWT cannot be checked.

        While the database is away, so are the keys in it: SQLAlchemy's errors and OSError come through.
        """
        if not key:
            raise Problem("unauthorized", "no key came: send `Authorization: Bearer <key>`")
        if len(key) > MAX_TOKEN_LENGTH:
            raise Problem("unauthorized", f"the key is longer than {MAX_TOKEN_LENGTH} characters")
        for literal, identity in self._literal:
            if literal and hmac.compare_digest(literal, key.encode()):
                return identity
        digest = key_hash(key)
        believed_until, identity = self._cache.get(digest, (0.0, ANONYMOUS))
        if believed_until > time.monotonic() and not identity.has_expired(self._now()):
            return identity
        self._cache.pop(digest, None)
        identity = await (self._tokens.identify(key) if _is_token(key) else self._look_up(digest))
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[digest] = time.monotonic() + CACHE_SECONDS, identity
        return identity

    async def close(self) -> None:
        """Stop what runs in the background."""
        await self._tokens.close()

    async def _look_up(self, digest: bytes) -> Identity:
        if self._unknown.get(digest, 0.0) > time.monotonic():
            raise Problem("unauthorized", UNKNOWN)
        row = await self._find(digest)
        if row is None or row.user_id in RESERVED:
            self._remember_unknown(digest)
            raise Problem("unauthorized", UNKNOWN)
        self._unknown.pop(digest, None)
        expires_at = None if row.seconds_left is None else self._now() + row.seconds_left
        return Identity(row.user_id, row.role, expires_at, row.id)

    def _remember_unknown(self, digest: bytes) -> None:
        self._unknown.pop(digest, None)  # it goes to the end: the oldest are forgotten first
        if len(self._unknown) >= UNKNOWN_SIZE:
            del self._unknown[next(iter(self._unknown))]
        self._unknown[digest] = time.monotonic() + UNKNOWN_SECONDS


def bearer(header: str | None) -> str | None:
    """The token in an Authorization header, or None."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _is_token(key: str) -> bool:
    """Whether it has a JWT's three parts; keys of ours have no dot."""
    return key.count(".") == 2 and not key.startswith(PREFIX)


def _bytes(secret: SecretStr | None) -> bytes:
    return secret.get_secret_value().encode() if secret else b""
