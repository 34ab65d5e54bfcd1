"""fal's queue over HTTP. Our own, because its client submits again on a lost answer."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from pipeline.errors import NotFound, ProviderDown, ProviderRefused, ProviderUnclear
from pipeline.providers.fal.answers import (
    STATUSES,
    canceled,
    ended,
    error_of,
    failed,
    read_request,
    read_request_id,
    reason,
    seconds_of,
    under_way,
)
from pipeline.providers.fal.signature import Signatures, check_headers
from pipeline.providers.prediction import Prediction
from pipeline.providers.provider import Abilities, Account
from pipeline.providers.wire import Wire
from pipeline.settings import Settings

READ_SECONDS = 15.0


class Fal:
    """Speaks fal's queue API. Made on the loop that uses it; close it with `close`."""

    name = "fal"
    # No limit of reads is documented; a tenth of a second between them asks little of anybody.
    abilities = Abilities(lists=False, webhooks=True, reads_per_minute=600)

    def __init__(self, settings: Settings) -> None:
        key = settings.fal_key.get_secret_value() if settings.fal_key else ""
        self.callback_base = settings.callback_base_of(settings.fal_api_url)
        self.account: Account | None = Account(
            credentials_hash=hashlib.sha256(f"fal {key}".encode()).digest(),
            pinned=settings.fal_user_id,
            setting="FAL_USER_ID",
        )
        self._wire = Wire(settings.fal_api_url, f"Key {key}", error_of)
        self._signatures = Signatures(settings.fal_jwks_url)

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
        """POST a request into the queue, once. See Provider.create."""
        params = {"fal_webhook": webhook} if webhook else {}
        return read_request(
            (await self._wire.call("POST", f"/{model}", timeout, buying=True, json=inputs, params=params)).content
        )

    async def get(self, model: str, prediction_id: str) -> Prediction:
        """GET the status, and once it has ended the result. See Provider.get."""
        path = _path(model, prediction_id)
        status = (await self._wire.call("GET", f"{path}/status", READ_SECONDS)).content
        if status.get("status") != "COMPLETED":
            return under_way(prediction_id, STATUSES.get(str(status.get("status")), "processing"))
        if error := status.get("error"):
            return failed(prediction_id, f"{error} ({status.get('error_type') or 'of no type'})")
        try:
            result = (await self._wire.call("GET", path, READ_SECONDS)).content
        except (ProviderRefused, NotFound) as error:
            # The result of a model that failed is its error.
            return failed(prediction_id, str(error))
        return ended(prediction_id, result, seconds=seconds_of(status))

    async def cancel(self, model: str, prediction_id: str) -> Prediction:
        """PUT a cancel; safe to repeat. See Provider.cancel."""
        try:
            answer = await self._wire.call("PUT", f"{_path(model, prediction_id)}/cancel", READ_SECONDS)
        except ProviderRefused:
            # 400: it has ended already.
            return await self.get(model, prediction_id)
        return canceled(prediction_id) if answer.status == 200 else under_way(prediction_id, "processing")

    async def list(self, created_after: datetime) -> AsyncIterator[list[Prediction]]:
        """fal's queue has none."""
        raise ProviderDown("fal does not tell what was bought")
        yield []

    def check_webhook(self, headers: Mapping[str, str]) -> str | None:
        """Four headers, one of which names the account. See Provider.check_webhook."""
        return check_headers(headers).user_id

    async def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Prediction:
        """Its body has the number and the result. See Provider.read_webhook."""
        await self._signatures.verify(body, headers)
        try:
            told = orjson.loads(body)
            request_id = read_request_id(told)
        except (orjson.JSONDecodeError, AttributeError) as error:
            raise ProviderUnclear(f"not a webhook of fal's queue: {error}") from None
        payload = told.get("payload")
        if told.get("status") == "OK":
            # A result that could not be sent along has to be fetched.
            return under_way(request_id, "processing") if payload is None else ended(request_id, payload)
        return failed(request_id, f"{told.get('error') or 'it failed'}: {reason(payload)}")


def _path(model: str, prediction_id: str) -> str:
    # Status, result and cancel leave out what follows owner and application, as fal's own client builds them.
    return f"/{'/'.join(model.split('/')[:2])}/requests/{prediction_id}"
