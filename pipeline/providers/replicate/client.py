"""Replicate over HTTP. Our own, because its clients buy twice on a lost answer or choke on `aborted`."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.errors import NoSuchModel, NotFound, ProviderDown, ProviderRefused, ProviderUnclear, RouteRefused
from pipeline.models import tells_progress, version_of
from pipeline.providers.lenient_json import read_json
from pipeline.providers.prediction import Prediction
from pipeline.providers.provider import Abilities, Account
from pipeline.providers.replicate.answers import error_of, next_cursor, read_page, read_prediction, read_sale
from pipeline.providers.replicate.signature import Signatures, check_headers
from pipeline.providers.wire import Wire
from pipeline.settings import Settings

READ_SECONDS = 15.0
WEBHOOK_EVENTS = ["completed"]
WITH_PROGRESS = ["logs", "completed"]
"""A log's webhook comes twice a second at most. Source: Replicate's documentation of webhooks."""
_VERSION = re.compile(r"[0-9a-f]{64}")


class Replicate:
    """Speaks Replicate's predictions API. Made on the loop that uses it; close it with `close`."""

    name = "replicate"
    account: Account | None = None
    # It allows 3,000 reads a minute (https://replicate.com/docs/topics/predictions/rate-limits).
    abilities = Abilities(lists=True, webhooks=True, reads_per_minute=2_500)

    def __init__(self, settings: Settings) -> None:
        token = settings.replicate_api_token.get_secret_value() if settings.replicate_api_token else ""
        self.callback_base = settings.callback_base_of(settings.replicate_api_url)
        self._wire = Wire(settings.replicate_api_url, f"Bearer {token}", _error_of)
        self._latest: dict[str, str] = {}
        self._reading_latest = asyncio.Lock()
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
        ends = asyncio.get_running_loop().time() + timeout
        body: dict[str, Any] = {"input": inputs}
        if webhook:
            events = WITH_PROGRESS if tells_progress(model) else WEBHOOK_EVENTS
            body |= {"webhook": webhook, "webhook_events_filter": events}
        version = model_version or version_of(model) or self._latest.get(model)
        if version is None:
            try:
                return await self._buy(f"/v1/models/{model}/predictions", body, timeout)
            except NoSuchModel as refused:
                # It is sold by name no more, or never was.
                version = await self._read_latest(model, refused, timeout)
            if (timeout := ends - asyncio.get_running_loop().time()) <= 0:
                # aiohttp takes it for no limit at all.
                raise ProviderDown(f"the provider took too long to say that {model} is sold by version")
        return await self._buy("/v1/predictions", body | {"version": version}, timeout)

    async def _buy(self, path: str, body: Mapping[str, Any], timeout: float) -> Prediction:
        return read_sale((await self._wire.call("POST", path, timeout, buying=True, json=body)).content)

    async def _read_latest(self, model: str, refused: NoSuchModel, timeout: float) -> str:
        """The newest version of a model that is sold by version only, read once for all who wait. Raises `refused` when
        there is none, and as `create` does when nothing was bought.
        """
        try:
            # A third, so that time for the purchase is left.
            async with asyncio.timeout(timeout / 3), self._reading_latest:
                if model not in self._latest:
                    self._latest[model] = await self._latest_of(model)
        except TimeoutError:
            raise ProviderDown(f"the provider took too long to tell the version of {model}") from None
        except (NotFound, ProviderRefused):
            raise refused from None
        return self._latest[model]

    async def _latest_of(self, model: str) -> str:
        newest = (await self._read(f"/v1/models/{model}")).get("latest_version")
        version = newest.get("id") if isinstance(newest, dict) else None
        if not (isinstance(version, str) and _VERSION.fullmatch(version)):
            raise NotFound("the model has no version")
        return version

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

    def check_webhook(self, headers: Mapping[str, str]) -> str | None:
        """Three headers; the secret behind them is one account's. See Provider.check_webhook."""
        check_headers(headers)
        return None

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


def _error_of(status: int, answer: Any, **how: Any) -> Exception:
    error = error_of(status, answer, **how)
    return NoSuchModel(str(error)) if status == 404 and type(error) is RouteRefused else error
