"""Signatures of fal's webhooks: ED25519 over ids, time and the body's hash, by keys that fal publishes.

Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks
"""

import asyncio
import base64
import binascii
import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.errors import Forged, ProviderDown
from pipeline.providers.webhook_time import sent_within

log = logging.getLogger(__name__)

TOLERANCE_SECONDS = 300
CACHE_SECONDS = 24 * 3600.0
REFETCH_SECONDS = 10.0
"""A signature that fails may mean new keys; but forgers must not make us ask for them without end."""
READ_SECONDS = 10.0
MOST_KEYS_BYTES = 64 * 1024
LONGEST_ID = 255
SIGNATURE_BYTES = 64
HEADERS = tuple(f"x-fal-webhook-{name}" for name in ("request-id", "user-id", "timestamp", "signature"))


class SignedHeaders(NamedTuple):
    """What the headers of a webhook say."""

    request_id: str
    user_id: str
    """The account whose request it was."""
    timestamp: str
    signature: bytes


def check_headers(headers: Mapping[str, str]) -> SignedHeaders:
    """The four headers. Raises Forged when they cannot be those of a webhook of the last five minutes."""
    request_id, user_id, timestamp, signature = (headers.get(name, "") for name in HEADERS)
    for name, text in zip(HEADERS, (request_id, user_id), strict=False):
        if not 0 < len(text) <= LONGEST_ID:
            raise Forged(f"{name}: is missing, or longer than {LONGEST_ID} characters")
    if not sent_within(timestamp, TOLERANCE_SECONDS):
        raise Forged("x-fal-webhook-timestamp: is missing, or more than five minutes off")
    try:
        signed = bytes.fromhex(signature)
    except ValueError:
        raise Forged("x-fal-webhook-signature: is no hexadecimal number") from None
    if len(signed) != SIGNATURE_BYTES:
        raise Forged(f"x-fal-webhook-signature: must have {SIGNATURE_BYTES} bytes")
    return SignedHeaders(request_id, user_id, timestamp, signed)


class Signatures:
    """Verifies webhooks by the keys at `url`; fetches them once a day, and again when they seem to have changed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: tuple[Ed25519PublicKey, ...] = ()
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises Forged for a forged, stale or unsigned body; ProviderDown without keys."""
        request_id, user_id, timestamp, signed = check_headers(headers)
        message = "\n".join((request_id, user_id, timestamp, hashlib.sha256(body).hexdigest())).encode()
        age = time.monotonic() - self._fetched_at
        if age < CACHE_SECONDS and _signed_by(self._keys, signed, message):
            return
        if age > REFETCH_SECONDS and _signed_by(await self._fetch(self._fetched_at), signed, message):
            return
        raise Forged("x-fal-webhook-signature: does not match the body")

    async def _fetch(self, stale: float) -> tuple[Ed25519PublicKey, ...]:
        async with self._fetching:
            if self._fetched_at == stale:
                self._keys = await self._read()
                self._fetched_at = time.monotonic()
            return self._keys

    async def _read(self) -> tuple[Ed25519PublicKey, ...]:
        try:
            timeout = aiohttp.ClientTimeout(total=READ_SECONDS)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self._url, allow_redirects=False) as answer,
            ):
                if answer.status != 200 or (answer.content_length or 0) > MOST_KEYS_BYTES:
                    raise ProviderDown(f"the webhooks' keys cannot be read: {self._url} answered {answer.status}")
                document = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ProviderDown(f"the webhooks' keys cannot be read at {self._url}: {error!r}") from error
        keys = document.get("keys") if isinstance(document, dict) else None
        return tuple(key for one in keys or [] if (key := _key(one)))


def _key(jwk: Any) -> Ed25519PublicKey | None:
    """A JSON Web Key (RFC 8037); None for one of another kind."""
    try:
        given = jwk["x"]
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
    except (TypeError, KeyError, ValueError, binascii.Error) as error:
        log.warning("one of the webhooks' keys cannot be used: %s", error)
        return None


def _signed_by(keys: tuple[Ed25519PublicKey, ...], signature: bytes, message: bytes) -> bool:
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False
