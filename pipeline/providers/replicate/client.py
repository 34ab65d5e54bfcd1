"""Replicate over HTTP. Our own, because its clients buy twice on a lost answer or choke on `aborted`."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import aiohttp
import orjson

from pipeline.errors import ProviderDown, ProviderError, ProviderUnclear
from pipeline.models import tells_progress
from pipeline.providers.prediction import Prediction
from pipeline.providers.replicate.answers import error_of, read_page, read_prediction
from pipeline.settings import Settings

READ_SECONDS = 15.0
MAX_ANSWER_BYTES = 64 * 2**20
"""A page of the list has a hundred predictions, each with its source picture in it."""
WEBHOOK_EVENTS = ["completed"]
WITH_PROGRESS = ["logs", "completed"]
"""A log's webhook comes twice a second at most. Source: Replicate's documentation of webhooks."""


class Replicate:
    """Speaks Replicate's predictions API. Made on the loop that uses it; close it with `close`."""

    name = "replicate"

    def __init__(self, settings: Settings) -> None:
        token = settings.replicate_api_token.get_secret_value() if settings.replicate_api_token else ""
        self._url = settings.replicate_api_url
        # Connections that idle longer than the far end allows are where a POST gets lost: ours give up first.
        connector = aiohttp.TCPConnector(limit=200, keepalive_timeout=10)
        self._session = aiohttp.ClientSession(
            connector=connector, headers={"Authorization": f"Bearer {token}"}, json_serialize=_dumps
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def create(
        self,
        model_id: str,
        model_version: str | None,
        inputs: Mapping[str, Any],
        webhook: str | None,
        timeout: float,
    ) -> Prediction:
        """POST a prediction, once. See Provider.create."""
        body: dict[str, Any] = {"input": inputs}
        if webhook:
            events = WITH_PROGRESS if tells_progress(model_id) else WEBHOOK_EVENTS
            body |= {"webhook": webhook, "webhook_events_filter": events}
        if model_version:
            path = "/v1/predictions"
            body["version"] = model_version
        else:
            path = f"/v1/models/{model_id}/predictions"
        return read_prediction(await self._call("POST", path, timeout, buying=True, json=body))

    async def get(self, prediction_id: str) -> Prediction:
        """GET a prediction. See Provider.get."""
        return read_prediction(await self._call("GET", f"/v1/predictions/{prediction_id}", READ_SECONDS))

    async def cancel(self, prediction_id: str) -> Prediction:
        """POST a cancel; safe to repeat. See Provider.cancel."""
        return read_prediction(await self._call("POST", f"/v1/predictions/{prediction_id}/cancel", READ_SECONDS))

    async def list(self, created_after: datetime) -> AsyncIterator[list[Prediction]]:
        """GET pages of up to 100 predictions, newest first. See Provider.list."""
        page = await self._call(
            "GET", "/v1/predictions", READ_SECONDS, params={"created_after": created_after.isoformat()}
        )
        while True:
            yield read_page(page)
            address = page.get("next")
            if not isinstance(address, str):
                return
            # The cursor comes as a whole address; the token goes only to the host that we were given.
            query = address.partition("?")[2]
            page = await self._call("GET", f"/v1/predictions?{query}", READ_SECONDS)

    async def webhook_secret(self) -> str:
        """GET the signing secret. See Provider.webhook_secret."""
        answer = await self._call("GET", "/v1/webhooks/default/secret", READ_SECONDS)
        key = answer.get("key")
        if not isinstance(key, str):
            raise ProviderDown("the provider's webhook secret has no key")
        return key

    async def _call(
        self, method: str, path: str, timeout: float, *, buying: bool = False, **options: Any
    ) -> dict[str, Any]:
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(5.0, timeout))
        lost: type[ProviderError] = ProviderUnclear if buying else ProviderDown
        try:
            # A redirect followed would be a second POST.
            async with self._session.request(
                method, f"{self._url}{path}", timeout=limits, allow_redirects=False, **options
            ) as answer:
                content = _loads(await _read(answer))
                if answer.status >= 300:
                    raise error_of(answer.status, content, buying=buying, retry_after=answer.headers.get("Retry-After"))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise ProviderDown(f"the provider does not answer at {self._url}: {error}") from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise lost(f"the provider's answer was lost: {type(error).__name__} {error}") from error
        if not isinstance(content, dict):
            raise lost(f"the provider at {self._url} answered something that is not a JSON object")
        return content


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError(f"longer than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
