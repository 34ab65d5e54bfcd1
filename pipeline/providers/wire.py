"""The wire to a provider: one HTTP request at a time, never repeated, and what became of it."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp
import orjson

from pipeline.byte_budget import Account, ByteBudget
from pipeline.errors import AnswerUnreadable, ProviderDown, ProviderError, ProviderUnclear
from pipeline.providers.lenient_json import read_json
from pipeline.retry_after import of_headers

log = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 64 * 2**20
"""A page of a list has a hundred predictions, each with its source picture in it; pictures come in base64."""

MOST_BYTES = 128 * 2**20
"""Of all answers to reads that are under way at a time; one may go beyond it."""
SMALL_BYTES = 2**20
"""The beginning of an answer, for which nobody waits. Most have a few thousand bytes."""
LONGEST_TEXT = 16 * 1024
"""Characters of a body that is no JSON: a gateway's page, for its title."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    content: Any
    """Its JSON, read leniently; the beginning of its text where it is none."""
    headers: Mapping[str, str]

    @property
    def asked_wait(self) -> str | None:
        """The seconds that its headers ask us to wait: a date in them is read by the clock of who sent it."""
        seconds = of_headers(self.headers, datetime.now(UTC))
        return None if seconds is None else f"{seconds:.3f}"


ErrorOf = Callable[..., Exception]
"""Called as `error_of(status, content, buying=…, retry_after=…)` for an answer of 300 or more."""


class Wire:
    """Connections to one provider, on the loop that made them; close them with `close`."""

    def __init__(self, url: str, authorization: str, error_of: ErrorOf) -> None:
        self.url = url
        self._error_of = error_of
        self._budget = ByteBudget(MOST_BYTES, small=SMALL_BYTES)
        # Connections that idle longer than the far end allows are where a POST gets lost: ours give up first.
        connector = aiohttp.TCPConnector(limit=200, keepalive_timeout=10)
        self._session = aiohttp.ClientSession(
            connector=connector, headers={"Authorization": authorization}, json_serialize=_dumps
        )

    @property
    def held_bytes(self) -> int:
        """Of answers that are being read, but for the beginning of each."""
        return self._budget.held

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def call(self, method: str, path: str, timeout: float, *, buying: bool = False, **options: Any) -> Answer:
        """One request whose answer is a JSON object, its status below 300. Raises what `error_of` makes of an error,
        else as `ask`.
        """
        answer = await self.ask(method, path, timeout, buying=buying, **options)
        if answer.status >= 300:
            raise self._error_of(answer.status, answer.content, buying=buying, retry_after=answer.asked_wait)
        if not isinstance(answer.content, dict):
            lost: type[ProviderError] = ProviderUnclear if buying else AnswerUnreadable
            log.warning("the provider at %s answered something that is not a JSON object", self.url)
            raise lost("the provider answered something that is not a JSON object")
        return answer

    async def ask(self, method: str, path: str, timeout: float, *, buying: bool = False, **options: Any) -> Answer:
        """One request, whatever its answer's status is. Raises ProviderDown when nothing was sent, or nothing lost by
        it; ProviderUnclear when the answer to a purchase was lost.
        """
        with self._budget.account() as account:
            return await self._ask(method, path, timeout, account, buying=buying, **options)

    async def _ask(
        self, method: str, path: str, timeout: float, account: Account, *, buying: bool, **options: Any
    ) -> Answer:
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(5.0, timeout))
        lost: type[ProviderError] = ProviderUnclear if buying else ProviderDown
        try:
            # A redirect followed would be a second POST.
            async with self._session.request(
                method, f"{self.url}{path}", timeout=limits, allow_redirects=False, **options
            ) as answer:
                # What was bought is in no line behind what others read: its answer must not be late.
                body = await _read(answer, None if buying else account)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            # What becomes of it is read by whoever asked for the picture: where the provider is stands in the log.
            log.warning("the provider does not answer at %s: %s", self.url, error)
            raise ProviderDown(f"the provider does not answer ({type(error).__name__})") from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            log.warning("the answer of the provider at %s was lost: %s %s", self.url, type(error).__name__, error)
            how = f" {error}" if isinstance(error, aiohttp.ClientPayloadError) else ""
            if how and not buying:
                lost = AnswerUnreadable
            raise lost(f"the provider's answer was lost: {type(error).__name__}{how}") from error
        content = read_json(body)
        if content is None:
            content = body[:LONGEST_TEXT].decode(errors="replace")
        return Answer(answer.status, content, answer.headers)


async def _read(answer: aiohttp.ClientResponse, account: Account | None) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        if account is not None:
            await account.take(len(chunk))
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError(f"longer than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()
