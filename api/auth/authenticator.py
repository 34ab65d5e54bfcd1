"""The authenticator: from what came with a request to an identity."""

import hmac
import time
from collections.abc import Callable

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth.identity import ANONYMOUS, Identity
from api.auth.tokens import SERVICE, Tokens
from api.problems import Problem
from pipeline.api_keys import PREFIX, find_key, key_hash
from pipeline.settings import Settings
from schema.wire.frames import MAX_TOKEN_LENGTH

CACHE_SECONDS = 5.0
"""How long what was let in is believed without asking again: the longest a revoked key still works."""
CACHE_SIZE = 10_000


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
        identity = await (self._tokens.identify(key) if _is_token(key) else self._look_up(key))
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[digest] = time.monotonic() + CACHE_SECONDS, identity
        return identity

    async def close(self) -> None:
        """Stop what runs in the background."""
        await self._tokens.close()

    async def _look_up(self, key: str) -> Identity:
        row = await find_key(self._engine, key)
        if row is None:
            raise Problem("unauthorized", "this key is unknown, revoked or expired")
        expires_at = None if row.seconds_left is None else self._now() + row.seconds_left
        return Identity(row.user_id, row.role, expires_at, row.id)


def bearer(header: str | None) -> str | None:
    """The token in an Authorization header, or None."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _is_token(key: str) -> bool:
    """Whether it has a JWT's three parts; keys of ours have no dot."""
    return key.count(".") == 2 and not key.startswith(PREFIX)


def _bytes(secret: SecretStr | None) -> bytes:
    return secret.get_secret_value().encode() if secret else b""
