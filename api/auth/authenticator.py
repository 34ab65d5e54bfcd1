"""The authenticator: from a bearer key to an identity."""

import hmac
import time

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth.identity import ANONYMOUS, Identity
from api.problems import Problem
from pipeline.api_keys import find_key, key_hash
from pipeline.settings import Settings

CACHE_SECONDS = 5.0
"""How long a key that was let in is believed without asking again: the longest a revoked key still works."""
CACHE_SIZE = 10_000
MAX_KEY_LENGTH = 2_048


class Authenticator:
    """Lets keys in. Keys of ours are looked up by their hash; the old apps' keys are compared literally."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self._engine = engine
        self._literal = [
            (_bytes(settings.supabase_anon_key), ANONYMOUS),
            (_bytes(settings.supabase_service_role_key), Identity("service_role", "service")),
        ]
        self._cache: dict[bytes, tuple[float, Identity]] = {}

    async def identify(self, key: str | None) -> Identity:
        """Who holds this key. Raises Problem("unauthorized")."""
        if not key:
            raise Problem("unauthorized", "no key came: send `Authorization: Bearer <key>`")
        if len(key) > MAX_KEY_LENGTH:
            raise Problem("unauthorized", f"the key is longer than {MAX_KEY_LENGTH} characters")
        for literal, identity in self._literal:
            if literal and hmac.compare_digest(literal, key.encode()):
                return identity
        digest = key_hash(key)
        cached = self._cache.get(digest)
        if cached and cached[0] > time.monotonic():
            return cached[1]
        return await self._look_up(key, digest)

    async def _look_up(self, key: str, digest: bytes) -> Identity:
        row = await find_key(self._engine, key)
        if row is None:
            self._cache.pop(digest, None)
            raise Problem("unauthorized", "this key is unknown, revoked or expired")
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        identity = Identity(row.user_id, row.role)
        self._cache[digest] = time.monotonic() + CACHE_SECONDS, identity
        return identity


def bearer(header: str | None) -> str | None:
    """The token in an Authorization header, or None."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _bytes(secret: SecretStr | None) -> bytes:
    return secret.get_secret_value().encode() if secret else b""
