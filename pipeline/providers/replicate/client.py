"""Replicate over HTTP. Our own, because its clients buy twice on a lost answer or choke on `aborted`."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from pipeline.errors import ProviderDown, ProviderUnclear
from pipeline.models import tells_progress
from pipeline.providers.prediction import Prediction
from pipeline.providers.provider import Abilities, Account
from pipeline.providers.replicate.answers import error_of, read_page, read_prediction
from pipeline.providers.replicate.signature import Signatures, check_headers
from pipeline.providers.wire import Wire
from pipeline.settings import Settings

READ_SECONDS = 15.0
WEBHOOK_EVENTS = ["completed"]
WITH_PROGRESS = ["logs", "completed"]
"""A log's webhook comes twice a second at most. Source: Replicate's documentation of webhooks."""


class Replicate:
    """Speaks Replicate's predictions API. Made on the loop that uses it; close it with `close`."""

    name = "replicate"
    account: Account | None = None
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
        return read_prediction((await self._wire.call("POST", path, timeout, buying=True, json=body)).content)

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
        while True:
            yield read_page(page)
            address = page.get("next")
            if not isinstance(address, str):
                return
            # The cursor comes as a whole address; the token goes only to the host that we were given.
            page = await self._read(f"/v1/predictions?{address.partition('?')[2]}")

    def check_webhook(self, headers: Mapping[str, str]) -> str | None:
        """Three headers; the secret behind them is one account's. See Provider.check_webhook."""
        check_headers(headers)
        return None

    async def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Prediction:
        """Its body is the prediction. See Provider.read_webhook."""
        await self._signatures.verify(body, headers)
        try:
            return read_prediction(orjson.loads(body))
        except (orjson.JSONDecodeError, AttributeError) as error:
            raise ProviderUnclear(f"not a prediction: {error}") from None

    async def webhook_secret(self) -> str:
        """GET the secret that signs this account's webhooks."""
        key = (await self._read("/v1/webhooks/default/secret")).get("key")
        if not isinstance(key, str):
            raise ProviderDown("the provider's webhook secret has no key")
        return key

    async def _read(self, path: str, **options: Any) -> dict[str, Any]:
        return (await self._wire.call("GET", path, READ_SECONDS, **options)).content
