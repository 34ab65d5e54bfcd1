"""The public keys that a sign-in server signs its JWTs with, read from its JWKS address (RFC 7517)."""

import asyncio
import logging
import time
from typing import Any

import aiohttp
import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from api.problems import Problem

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "ES256", "EdDSA")
KEY_TYPES = ("RSA", "EC", "OKP")
"""Without `oct`: a secret that everybody can read is none, and would let everybody in."""
FRESH_SECONDS = 600.0
"""How long a set is used before the next token has it read again, without waiting for it."""
STALE_SECONDS = 24 * 3600.0
"""The longest that a set is used which could not be read again. A key that was taken back meanwhile may be stolen, and
its thief must not gain by keeping the server away. A day outlasts the outages that people wait out."""
PAUSE_SECONDS = 5.0
"""At least this long between two reads, however many tokens name keys that are not in the set."""
READ_SECONDS = 3.0
MAX_BYTES = 2**16


class SigningKeys:
    """One server's keys by their `kid`. Read when first asked for, when they are old, and when an unknown one is named.

    A server that is down takes nothing away for a day: so long holds what it said last.
    """

    def __init__(
        self,
        url: str,
        *,
        fresh_seconds: float = FRESH_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
        stale_seconds: float = STALE_SECONDS,
    ) -> None:
        self._url = url
        self._fresh_seconds = fresh_seconds
        self._pause_seconds = pause_seconds
        self._stale_seconds = stale_seconds
        self._keys: dict[str, PyJWK] | None = None
        self._read_at = self._asked_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> PyJWK | None:
        """The key with this id, or None. Raises Problem("unavailable") when no set could be read, ever or for a day."""
        self._forget_stale()
        if self._keys is not None and (known := self._keys.get(kid)):
            if time.monotonic() - self._read_at > self._fresh_seconds:
                # Nobody has to wait for that.
                self._read_again()
            return known
        if (reading := self._read_again()) is not None:
            # One read serves all who wait, and goes on without whoever leaves.
            await asyncio.shield(reading)
        if self._keys is None:
            raise Problem("unavailable", "the keys that JWTs are checked with cannot be read now; try again shortly")
        return self._keys.get(kid)

    def _forget_stale(self) -> None:
        if time.monotonic() - self._read_at > self._stale_seconds:
            self._keys = None

    async def close(self) -> None:
        """Break off a read that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def _read_again(self) -> asyncio.Task[None] | None:
        """The read that is under way, begun now unless the last one was begun just now."""
        if self._reading is None and time.monotonic() - self._asked_at >= self._pause_seconds:
            self._asked_at = time.monotonic()
            self._reading = asyncio.create_task(self._read())
        return self._reading

    async def _read(self) -> None:
        try:
            self._keys = read_keys(await self._fetch())
            self._read_at = time.monotonic()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # Without the address, which may carry a key in its query.
            log.warning("SUPABASE_JWKS_URL gives no keys now (what is known stays valid for a day): %s", _reason(error))
        finally:
            self._reading = None

    async def _fetch(self) -> Any:
        timeout = aiohttp.ClientTimeout(total=READ_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(self._url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"it answers {answer.status}")
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError(f"it sends more than {MAX_BYTES} bytes")
        return orjson.loads(body)


def read_keys(document: Any) -> dict[str, PyJWK]:
    """The keys of a JWK set that can check a signature of ours, by `kid`. Raises ValueError when it is no set."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("it sends no JWK set")
    return {entry["kid"]: key for entry in listed if (key := _read_key(entry)) is not None}


def _read_key(entry: Any) -> PyJWK | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("kty") not in KEY_TYPES or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg") not in (None, *ALGORITHMS):
        return None
    try:
        key = PyJWK(entry)
    except PyJWTError:
        # Sets may hold keys of kinds that came after us (RFC 7517, section 5): they are passed by.
        return None
    return key if key.algorithm_name in ALGORITHMS else None


def _reason(error: Exception) -> str:
    return str(error) if type(error) is ValueError else type(error).__name__
