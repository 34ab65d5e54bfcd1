"""Replicate's refusals, as they are read."""

import pytest

from pipeline.errors import NotFound, ProviderDown, ProviderRefused, ProviderThrottled, ProviderUnclear, RouteRefused
from pipeline.providers.replicate.answers import error_of


@pytest.mark.parametrize(
    ("status", "buying", "expected"),
    [
        (400, True, ProviderRefused),
        (401, True, RouteRefused),
        (402, True, RouteRefused),
        (422, True, ProviderRefused),
        (404, True, RouteRefused),
        (404, False, NotFound),
        (307, True, ProviderRefused),
        (429, True, ProviderThrottled),
        (500, True, ProviderUnclear),
        (502, True, ProviderUnclear),
        (504, True, ProviderUnclear),
        (500, False, ProviderDown),
    ],
)
def test_a_status_becomes_the_error_it_stands_for(status: int, buying: bool, expected: type[Exception]) -> None:
    error = error_of(status, {"detail": "because"}, buying=buying)
    assert type(error) is expected
    assert str(error) == f"the provider answered {status}: because"


@pytest.mark.parametrize("body", [None, [], "", {"detail": None}])
def test_an_error_without_a_reason_says_so(body: object) -> None:
    assert str(error_of(402, body, buying=True)) == "the provider answered 402: no reason given"


@pytest.mark.parametrize(
    ("detail", "retry_after", "expected"),
    [
        ("Your rate limit resets in ~30s.", None, 30.0),
        ("Your rate limit resets in ~30s.", "12", 12.0),
        ("Your rate limit resets in ~30s.", "Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("Request was throttled.", None, 5.0),
        ("Request was throttled.", "²", 5.0),
    ],
)
def test_throttling_says_for_how_long(detail: str, retry_after: str | None, expected: float) -> None:
    error = error_of(429, {"detail": detail}, buying=True, retry_after=retry_after)
    assert isinstance(error, ProviderThrottled)
    assert error.retry_after == expected
