"""fal's queue over HTTP. Our own, because its client submits again on a lost answer."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.errors import ProviderDown, ProviderRefused
from pipeline.providers.error_body import read_error_body
from pipeline.providers.fal.answers import (
    canceled,
    ended,
    error_of,
    failed,
    read_failure,
    read_request,
    read_request_id,
    under_way,
    worked,
)
from pipeline.providers.fal.signature import Signatures, check_headers
from pipeline.providers.lenient_fields import CANCELED, FAILED, FINISHED, PROCESSING, SUCCEEDED, status_of
from pipeline.providers.lenient_json import read_json
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
        stands = status_of(status.get("status")) or PROCESSING
        if stands == CANCELED:
            return canceled(prediction_id)
        if stands in FINISHED and (stands != SUCCEEDED or status.get("error")):
            told = {key: status.get(key) for key in ("error", "error_type", "detail")}
            return failed(prediction_id, read_error_body(told), seconds=worked(status))
        if stands != SUCCEEDED:
            return under_way(prediction_id, stands)
        # COMPLETED comes for failures too: only the result tells which.
        answer = await self._wire.ask("GET", path, READ_SECONDS)
        if answer.status >= 300:
            if error := read_failure(answer):
                raise error
            return failed(prediction_id, read_error_body(answer.content), seconds=worked(status))
        if not isinstance(answer.content, dict):
            raise ProviderDown("the provider's answer is not a result: it is no JSON object")
        return ended(prediction_id, answer.content, seconds=worked(status))

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
        told = read_json(body)
        request_id = read_request_id(told)
        payload, stands = told.get("payload"), status_of(told.get("status"))
        if stands == FAILED:
            said = {"error": told.get("error"), "detail": payload}
            return failed(request_id, read_error_body(said))
        if stands != SUCCEEDED or payload is None:
            # A result that could not be sent along has to be fetched.
            return under_way(request_id, PROCESSING)
        return ended(request_id, payload)


def _path(model: str, prediction_id: str) -> str:
    # Status, result and cancel leave out what follows owner and application, as fal's own client builds them.
    return f"/{'/'.join(model.split('/')[:2])}/requests/{prediction_id}"
