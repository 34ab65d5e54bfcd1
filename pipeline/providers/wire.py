"""The wire to a provider: one HTTP request at a time, never repeated, and what became of it."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import aiohttp
import orjson

from pipeline.errors import ProviderDown, ProviderError, ProviderUnclear

log = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 64 * 2**20
"""A page of a list has a hundred predictions, each with its source picture in it; pictures come in base64."""


class Answer(NamedTuple):
    """What came back: a JSON object, its status below 300."""

    status: int
    content: dict[str, Any]
    headers: Mapping[str, str]


ErrorOf = Callable[..., Exception]
"""Called as `error_of(status, content, buying=…, retry_after=…)` for an answer of 300 or more."""


class Wire:
    """Connections to one provider, on the loop that made them; close them with `close`."""

    def __init__(self, url: str, authorization: str, error_of: ErrorOf) -> None:
        self.url = url
        self._error_of = error_of
        # Connections that idle longer than the far end allows are where a POST gets lost: ours give up first.
        connector = aiohttp.TCPConnector(limit=200, keepalive_timeout=10)
        self._session = aiohttp.ClientSession(
            connector=connector, headers={"Authorization": authorization}, json_serialize=_dumps
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def call(self, method: str, path: str, timeout: float, *, buying: bool = False, **options: Any) -> Answer:
        """One request. Raises what `error_of` makes of an error; ProviderDown when nothing was sent, or nothing lost by
        it; ProviderUnclear when the answer to a purchase was lost.
        """
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(5.0, timeout))
        lost: type[ProviderError] = ProviderUnclear if buying else ProviderDown
        try:
            # A redirect followed would be a second POST.
            async with self._session.request(
                method, f"{self.url}{path}", timeout=limits, allow_redirects=False, **options
            ) as answer:
                content = _loads(await _read(answer))
                if answer.status >= 300:
                    retry_after = answer.headers.get("Retry-After")
                    raise self._error_of(answer.status, content, buying=buying, retry_after=retry_after)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            # What becomes of it is read by whoever asked for the picture: where the provider is stands in the log.
            log.warning("the provider does not answer at %s: %s", self.url, error)
            raise ProviderDown(f"the provider does not answer ({type(error).__name__})") from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            log.warning("the answer of the provider at %s was lost: %s %s", self.url, type(error).__name__, error)
            how = f" {error}" if isinstance(error, aiohttp.ClientPayloadError) else ""
            raise lost(f"the provider's answer was lost: {type(error).__name__}{how}") from error
        if not isinstance(content, dict):
            log.warning("the provider at %s answered something that is not a JSON object", self.url)
            raise lost("the provider answered something that is not a JSON object")
        return Answer(answer.status, content, answer.headers)


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
