"""What an HTTP error means, at each provider: sold or not, here or elsewhere, now, later or never."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import (
    NotFound,
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnclear,
    RouteRefused,
)
from pipeline.providers.fal import answers as fal
from pipeline.providers.http_errors import error_in_answer
from pipeline.providers.openai import answers as openai
from pipeline.providers.replicate import answers as replicate
from pipeline.retry_after import LONGEST_THROTTLE

ErrorOf = Callable[..., Exception]
EVERY: dict[str, ErrorOf] = {"replicate": replicate.error_of, "fal": fal.error_of, "openai": openai.error_of}

BUYING: dict[int, tuple[type[ProviderError], ...]] = {
    # Replicate has a list that tells; at fal and OpenAI the request was not taken, by RFC 9110 and by D80.
    408: (ProviderUnclear, ProviderDown, ProviderDown),
    425: (ProviderDown, ProviderDown, ProviderDown),
    407: (ProviderDown, ProviderDown, ProviderDown),
    421: (ProviderDown, ProviderDown, ProviderDown),
    499: (ProviderUnclear, ProviderUnclear, ProviderUnclear),
    410: (RouteRefused, RouteRefused, RouteRefused),
    413: (ProviderRefused, ProviderRefused, ProviderRefused),
    451: (RouteRefused, RouteRefused, RouteRefused),
    503: (ProviderUnclear, ProviderDown, ProviderDown),
    520: (ProviderUnclear, ProviderUnclear, ProviderUnclear),
    521: (ProviderUnclear, ProviderDown, ProviderDown),
    524: (ProviderUnclear, ProviderUnclear, ProviderUnclear),
}


@pytest.mark.parametrize("status", BUYING)
def test_a_purchase(status: int) -> None:
    found = tuple(type(error_of(status, {"detail": "because"}, buying=True)) for error_of in EVERY.values())
    assert found == BUYING[status]


@pytest.mark.parametrize("provider", EVERY)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (408, ProviderDown),
        (425, ProviderDown),
        (410, NotFound),
        (409, ProviderRefused),
        (500, ProviderDown),
        (429, ProviderThrottled),
    ],
)
def test_a_read_has_lost_nothing(provider: str, status: int, expected: type[Exception]) -> None:
    assert type(EVERY[provider](status, {"detail": "because"}, buying=False)) is expected


@pytest.mark.parametrize("provider", EVERY)
@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (400, {"error": {"code": "insufficient_quota", "message": "x"}}, RouteRefused),
        (400, {"error": "Insufficient credits"}, RouteRefused),
        (403, {"detail": "User is locked. Reason: Exhausted balance."}, RouteRefused),
        (403, {"error": {"code": "content_filter", "message": "x"}}, ProviderRefused),
        (400, {"error": {"code": "rate_limit_exceeded", "message": "x"}}, ProviderThrottled),
        (400, {"error": {"type": "invalid_request_error", "message": "size"}}, ProviderRefused),
        (500, {"error": {"code": "content_policy_violation", "message": "x"}}, ProviderRefused),
        (500, {"error": "Content flagged for: sexual"}, ProviderRefused),
        (429, {"error": {"message": "tokens, see our content policy"}}, ProviderThrottled),
        # What a proxy of ours blocks is not the picture.
        (403, "<html><title>Blocked by our content filter</title></html>", RouteRefused),
    ],
)
def test_its_own_code_goes_before_the_status(
    provider: str, status: int, content: Any, expected: type[Exception]
) -> None:
    assert type(EVERY[provider](status, content, buying=True)) is expected


@pytest.mark.parametrize("provider", EVERY)
@pytest.mark.parametrize(
    ("content", "header", "wait"),
    [
        ({"detail": "x", "retry_after": 7.5}, None, 7.5),
        ({"error": {"message": "Please try again in 1m30s."}}, None, 90.0),
        ({"detail": "x", "retry_after": 7}, "0.65", 0.65),
        ({"detail": "x"}, "1000000", LONGEST_THROTTLE),
        ({"detail": "x", "retry_after": "soon"}, "soon", 5.0),
        (None, None, 5.0),
    ],
)
def test_how_long_to_wait_is_read_wherever_it_stands(
    provider: str, content: Any, header: str | None, wait: float
) -> None:
    error = EVERY[provider](429, content, buying=True, retry_after=header)
    assert isinstance(error, ProviderThrottled)
    assert error.retry_after == wait


def test_a_refusal_says_why() -> None:
    error = fal.error_of(
        422, {"detail": [{"loc": ["body"], "msg": "no", "type": "content_policy_violation"}]}, buying=True
    )
    assert str(error) == "the provider refused the content: no (content_policy_violation)"


@pytest.mark.parametrize(
    ("content", "expected", "words"),
    [
        ({"error": {"code": "moderation_blocked", "message": "no"}}, ProviderRefused, "refused the content: no"),
        ({"error": {"code": "insufficient_quota", "message": "no"}}, RouteRefused, "no"),
        ({"error": {"code": "overloaded", "message": "no", "retry_after": 3}}, ProviderThrottled, "no"),
        ({"error": "it broke"}, ProviderUnclear, "no data: it broke"),
        ({"error": None}, ProviderUnclear, "no data"),
        ([], ProviderUnclear, "no data"),
    ],
)
def test_an_error_inside_a_success_is_read_too(content: Any, expected: type[Exception], words: str) -> None:
    error = error_in_answer(content, "no data")
    assert type(error) is expected
    assert words in str(error)
