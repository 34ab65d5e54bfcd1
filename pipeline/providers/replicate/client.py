"""Replicate over HTTP. Our own, because its clients buy twice on a lost answer or choke on `aborted`."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.errors import ProviderDown, ProviderUnclear
from pipeline.models import tells_progress
from pipeline.providers.lenient_json import read_json
from pipeline.providers.prediction import Prediction
from pipeline.providers.provider import Abilities
from pipeline.providers.replicate.answers import error_of, next_cursor, read_page, read_prediction, read_sale
from pipeline.providers.replicate.signature import Signatures
from pipeline.providers.wire import Wire
from pipeline.settings import Settings

READ_SECONDS = 15.0
WEBHOOK_EVENTS = ["completed"]
WITH_PROGRESS = ["logs", "completed"]
"""A log's webhook comes twice a second at most. Source: Replicate's documentation of webhooks."""


class Replicate:
    """Speaks Replicate's predictions API. Made on the loop that uses it; close it with `close`."""

    name = "replicate"
    # It allows 3,000 reads a minute (https://replicate.com/docs/topics/predictions/rate-limits).
    abilities = Abilities(lists=True, webhooks=True, reads_per_minute=2_500)

    def __init__(self, settings: Settings) -> None:
        token = settings.replicate_api_token.get_secret_value() if settings.replicate_api_token else ""
        self.callback_base = settings.callback_base_of(settings.replicate_api_url)
        self._wire = Wire(settings.replicate_api_url, f"Bearer {token}", error_of)
        self._signatures = Signatures(self.webhook_secret)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def create(
        self,
        model: str,
        model_version: str | None,
        inputs: Mapping[str, Any],
        webhook: str | None,
        timeout: float,
    ) -> Prediction:
        """POST a prediction, once. See Provider.create."""
        body: dict[str, Any] = {"input": inputs}
        if webhook:
            events = WITH_PROGRESS if tells_progress(model) else WEBHOOK_EVENTS
            body |= {"webhook": webhook, "webhook_events_filter": events}
        if model_version:
            path = "/v1/predictions"
            body["version"] = model_version
        else:
            path = f"/v1/models/{model}/predictions"
        return read_sale((await self._wire.call("POST", path, timeout, buying=True, json=body)).content)

    async def get(self, model: str, prediction_id: str) -> Prediction:
        """GET a prediction. See Provider.get."""
        return read_prediction(await self._read(f"/v1/predictions/{prediction_id}"))

    async def cancel(self, model: str, prediction_id: str) -> Prediction:
        """POST a cancel; safe to repeat. See Provider.cancel."""
        answer = await self._wire.call("POST", f"/v1/predictions/{prediction_id}/cancel", READ_SECONDS)
        return read_prediction(answer.content)

    async def list(self, created_after: datetime) -> AsyncIterator[list[Prediction]]:
        """GET pages of up to 100 predictions, newest first. See Provider.list."""
        page = await self._read("/v1/predictions", params={"created_after": created_after.isoformat()})
        read = set[str]()
        while True:
            yield read_page(page)
            if (cursor := next_cursor(page)) is None:
                return
            if cursor in read:
                raise ProviderUnclear("the provider's list leads back to a page that was read")
            read.add(cursor)
            page = await self._read(f"/v1/predictions?{cursor}")

    async def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Prediction:
        """Its body is the prediction. See Provider.read_webhook."""
        await self._signatures.verify(body, headers)
        return read_prediction(read_json(body))

    async def webhook_secret(self) -> str:
        """GET the secret that signs this account's webhooks."""
        key = (await self._read("/v1/webhooks/default/secret")).get("key")
        if not isinstance(key, str):
            raise ProviderDown("the provider's webhook secret has no key")
        return key

    async def _read(self, path: str, **options: Any) -> dict[str, Any]:
        content: dict[str, Any] = (await self._wire.call("GET", path, READ_SECONDS, **options)).content
        return content
