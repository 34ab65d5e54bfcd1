"""How long we are asked to wait, as headers and bodies really say it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.retry_after import LONGEST, of_body, of_header, of_headers

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("12", 12.0),
        ("0.65", 0.65),
        (" 3 ", 3.0),
        ("Tue, 01 Dec 2026 12:00:30 GMT", 30.0),
        ("Tue, 01 Dec 2026 11:00:00 GMT", -3_600.0),
        ("999999999999", LONGEST),
        ("²", None),
        ("-3", None),
        ("1e9", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Tue, 01 Dec 99999 12:00:30 GMT", None),
        ("Tue, 01 Dec 2026 12:00:30 +99999999", None),
    ],
)
def test_a_header_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert of_header(header, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"Retry-After": "0.25"}, 0.25),
        # By the clock of who sent it, an hour ahead of ours.
        ({"Retry-After": "Tue, 01 Dec 2026 13:00:20 GMT", "Date": "Tue, 01 Dec 2026 13:00:00 GMT"}, 20.0),
        ({"Retry-After": "7", "Date": "Tue, 01 Dec 2026 13:00:00 GMT"}, 7.0),
        ({"Retry-After": "Tue, 01 Dec 2026 11:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert of_headers(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        ({"retry_after": 7}, 7.0),
        ({"retry_after": 0.5}, 0.5),
        ({"error": {"retry_after": "2.5"}}, 2.5),
        ({"error": {"details": [{"retryDelay": "39s"}]}}, 39.0),
        ({"parameters": {"retry-after": 8}}, 8.0),
        ({"retry_after_ms": 1_500}, 1.5),
        ({"detail": "Request was throttled. Your rate limit resets in ~30s."}, 30.0),
        ({"detail": "Request was throttled. Expected available in 12 seconds."}, 12.0),
        ({"error": {"message": "Please try again in 6m0s."}}, 360.0),
        ({"error": {"message": "Please try again in 20ms."}}, 0.02),
        ({"error": {"message": "Please retry after 250 milliseconds"}}, 0.25),
        ("rate limited, retry in 1 minute", 60.0),
        ({"retry_after": float("inf")}, None),
        ({"retry_after": -1}, None),
        ({"retry_after": True}, None),
        ({"detail": "made 30 seconds ago"}, None),
        ({"detail": None}, None),
        (None, None),
        ([], None),
    ],
)
def test_a_body_says_it_in_a_field_or_in_words(content: Any, seconds: float | None) -> None:
    found = of_body(content)
    assert found == (pytest.approx(seconds) if seconds is not None else None)


@given(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["retry_after", "error", "x"]), inner),
    ),
)
def test_nothing_raises_and_nothing_is_without_bound(header: str, content: Any) -> None:
    of_header(header, NOW)
    found = of_body(content)
    assert found is None or 0 <= found <= LONGEST
