"""Callback addresses: where a provider calls back about one attempt, signed so that nobody else can name it.

A provider's own signature tells who has sent a webhook, not whose generation it is about: fal signs for every account.
So the address carries an HMAC of provider, generation and attempt. Its key is in the database, where every process
finds the same one; it changes with no credential, so what is under way outlives their rotation.
"""

import base64
import hmac
import time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Unreachable
from pipeline.statements import fetch, statement

PURPOSE = "darkroom callback 1"
"""Signed along, so that this key can sign other things one day."""

_READ = statement("""
    SELECT secret, CAST(extract(epoch FROM unsigned_until - now()) AS double precision) AS unsigned_seconds
    FROM callback_keys
""")


class _Key(NamedTuple):
    secret: bytes
    unsigned_until: float
    """By this process's monotonic clock."""


class CallbackAddresses:
    """Makes and checks them. The key is read once a process, when it is first needed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._key: _Key | None = None

    async def address(self, base: str, provider: str, generation_id: UUID, attempt: int) -> str:
        """The address below `base` at which `provider` calls back about one attempt."""
        token = _token(await self._read(), provider, generation_id, attempt)
        return f"{base}/v1/callbacks/{provider}/{generation_id}/{attempt}/{token}"

    async def is_ours(self, provider: str, generation_id: UUID, attempt: int, token: str) -> bool:
        """Whether `token` is the one that this address was handed out with; compared in constant time."""
        expected = _token(await self._read(), provider, generation_id, attempt)
        return hmac.compare_digest(expected.encode(), token.encode())

    async def takes_unsigned(self) -> bool:
        """Whether an address without a token may still be one that the release before this one has handed out."""
        return time.monotonic() < (await self._read()).unsigned_until

    async def _read(self) -> _Key:
        if self._key is None:
            rows = await fetch(self._engine, _READ)
            if not rows:
                raise Unreachable("callback_keys has lost its row; restore it, or migrate down to 0016 and up again.")
            seconds = rows[0].unsigned_seconds
            self._key = _Key(bytes(rows[0].secret), time.monotonic() + (float("-inf") if seconds is None else seconds))
        return self._key


def _token(key: _Key, provider: str, generation_id: UUID, attempt: int) -> str:
    named = "\n".join((PURPOSE, provider, str(generation_id), str(attempt))).encode()
    return base64.urlsafe_b64encode(hmac.digest(key.secret, named, "sha256")).decode().rstrip("=")
