"""Signatures of providers' webhooks: Standard Webhooks, over the raw body, five minutes' tolerance."""

import asyncio
import logging
import time
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError

from api.problems import Problem
from pipeline.providers.provider import Provider

log = logging.getLogger(__name__)

REFETCH_SECONDS = 10.0
"""A signature that fails may mean a new secret; but forgers must not make us ask for it without end."""


class Signatures:
    """Verifies one provider's webhooks; fetches its secret once, and again when it seems to have changed."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._webhook: Webhook | None = None
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises Problem("unauthorized") for a forged, stale or unsigned body; ProviderError without a secret."""
        used = self._webhook or await self._fetch(None)
        if self._matches(used, body, headers):
            return
        if time.monotonic() - self._fetched_at > REFETCH_SECONDS:
            fresh = await self._fetch(used)
            if self._matches(fresh, body, headers):
                return
        raise Problem("unauthorized", "webhook-signature: does not match the body, or webhook-timestamp is too old")

    async def _fetch(self, stale: Webhook | None) -> Webhook:
        async with self._fetching:
            if self._webhook is None or self._webhook is stale:
                self._webhook = Webhook(await self._provider.webhook_secret())
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


_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
