"""Signatures of Replicate's webhooks: Standard Webhooks, over the raw body, five minutes' tolerance."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from standardwebhooks import Webhook, WebhookVerificationError

from pipeline.errors import Forged
from pipeline.providers.webhook_time import sent_within

log = logging.getLogger(__name__)

CACHE_SECONDS = 24 * 3600.0
"""A secret that was replaced because it had been stolen must not go on being believed while no webhook tells of it."""
REFETCH_SECONDS = 10.0
"""A signature that fails may mean a new secret; but forgers must not make us ask for it without end."""
TOLERANCE_SECONDS = 300
LONGEST_HEADER = 1_024
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises Forged when they cannot be those of a webhook that was sent within the last five minutes."""
    for name in _SIGNED:
        if not 0 < len(headers.get(name, "")) <= LONGEST_HEADER:
            raise Forged(f"{name}: is missing, or longer than {LONGEST_HEADER} characters")
    if not sent_within(headers["webhook-timestamp"], TOLERANCE_SECONDS):
        raise Forged("webhook-timestamp: must be the time of sending, at most five minutes off")
    if not any(part.startswith("v1,") for part in headers["webhook-signature"].split()):
        raise Forged("webhook-signature: has no part of version v1")


class Signatures:
    """Verifies webhooks; fetches their secret once a day, and again when it seems to have changed."""

    def __init__(self, read_secret: Callable[[], Awaitable[str]], *, cache_seconds: float = CACHE_SECONDS) -> None:
        self._read_secret = read_secret
        self._cache_seconds = cache_seconds
        self._webhook: Webhook | None = None
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises Forged for a forged, stale or unsigned body; ProviderError without a secret."""
        used = self._webhook
        if used is None or time.monotonic() - self._fetched_at > self._cache_seconds:
            used = await self._fetch(used)
        if self._matches(used, body, headers):
            return
        if time.monotonic() - self._fetched_at > REFETCH_SECONDS:
            fresh = await self._fetch(used)
            if self._matches(fresh, body, headers):
                return
        raise Forged("webhook-signature: does not match the body, or webhook-timestamp is too old")

    async def _fetch(self, stale: Webhook | None) -> Webhook:
        async with self._fetching:
            if self._webhook is None or self._webhook is stale:
                self._webhook = Webhook(await self._read_secret())
                self._fetched_at = time.monotonic()
            return self._webhook

    def _matches(self, webhook: Webhook, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            webhook.verify(body, {name: headers.get(name, "") for name in _SIGNED}, json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            # The library raises ValueError for malformed base64 and bad UTF-8: forged all the same.
            log.debug("webhook refused: %s", error)
            return False
        return True
