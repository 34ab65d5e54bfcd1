"""What an HTTP error means for a purchase or a read: one order of questions, and what differs by provider as data."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import (
    NotFound,
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnclear,
    RouteRefused,
)
from pipeline.providers.error_body import ErrorBody, read_error_body
from pipeline.providers.refusals import Cause, cause_by_codes, cause_of
from pipeline.retry_after import LONGEST_THROTTLE, of_body, of_header

THROTTLE_SECONDS = 5.0
"""For a provider that asks for patience and does not say how much."""
GONE = frozenset({404, 410})
ELSEWHERE = frozenset({401, 402, 403, 404, 410, 451})
"""No such key, no credit, not allowed, no such model, not in this country: another provider may do it."""
UNTOUCHED = frozenset({407, 408, 421, 425})
"""The request was not looked at, so the same may be sent again: a proxy of ours wants credentials, it did not arrive
whole in time, it came to the wrong server, it came too early. Sources: RFC 9110 sections 15.5.8, 15.5.9 and 15.5.20,
RFC 8470."""
HUNG_UP = 499
"""nginx's and fal's: we had hung up before the answer was there. What was begun may go on."""


@dataclass(frozen=True, kw_only=True)
class Statuses:
    """What differs between providers."""

    unclear: frozenset[int]
    """To a purchase: a gateway's word while what is behind it may sell."""


EVERY_5XX = frozenset(range(500, 600))


def error_from(
    statuses: Statuses, status: int, content: Any, *, buying: bool, retry_after: str | None = None
) -> ProviderError | NotFound:
    """The error that an HTTP status of 300 or more stands for.

    `content` is the body: JSON that was read, or text. `buying` says that the request was a purchase. `retry_after` is
    the header. Moderation and billing are looked for first: gateways put them under any status.
    """
    body = read_error_body(content)
    message = f"the provider answered {status}: {body.reason}"
    cause = _cause(status, content, body)
    if status == 429 and not (buying and cause == Cause.ROUTE):
        return ProviderThrottled(message, _patience(content, retry_after))
    if cause == Cause.CONTENT:
        return ProviderRefused(f"the provider refused the content: {body.reason}")
    if buying and (status in ELSEWHERE or cause == Cause.ROUTE):
        return RouteRefused(message)
    if not buying and status in GONE:
        return NotFound(message)
    if buying and status in statuses.unclear:
        return ProviderUnclear(message)
    if status >= 500 or status in UNTOUCHED or status == HUNG_UP:
        return ProviderDown(message)
    if cause == Cause.CAPACITY:
        return ProviderThrottled(message, _patience(content, retry_after))
    return ProviderRefused(message)


def error_in_answer(content: Any, otherwise: str) -> ProviderError:
    """What it means that a purchase was answered with success and with no sale in it.

    An error in the body says what was not sold; anything else leaves it open, with `otherwise` and what was told.
    """
    if not (isinstance(content, dict) and (content.get("error") or content.get("detail"))):
        return ProviderUnclear(otherwise)
    body = read_error_body(content)
    match cause_of(body):
        case Cause.CONTENT:
            return ProviderRefused(f"the provider refused the content: {body.reason}")
        case Cause.ROUTE:
            return RouteRefused(f"the provider refused: {body.reason}")
        case Cause.CAPACITY:
            return ProviderThrottled(f"the provider asks for patience: {body.reason}", _patience(content, None))
        case _:
            return ProviderUnclear(f"{otherwise}: {body.reason}")


def _cause(status: int, content: Any, body: ErrorBody) -> Cause | None:
    if isinstance(content, str) and content.lstrip()[:1] == "<":
        # A page of somebody between us and the provider: what it blocks is not the picture.
        return None
    if status in UNTOUCHED or status in ELSEWHERE - {403, 451} or status == 429:
        return cause_by_codes(body.codes)
    return cause_of(body)


def _patience(content: Any, retry_after: str | None) -> float:
    of = of_header(retry_after, datetime.now(UTC))
    if of is None or of < 0:
        of = of_body(content)
    return THROTTLE_SECONDS if of is None else min(of, LONGEST_THROTTLE)
