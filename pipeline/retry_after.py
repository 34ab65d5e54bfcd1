"""How long somebody asks us to wait: the Retry-After header as it is really sent, and what bodies say instead."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST = 999_999_999.0
"""Seconds; some thirty years, for whoever adds it to a moment. Callers have a bound of their own."""

LONGEST_THROTTLE = 300.0
"""Seconds; a provider that asks for more is asked again all the same."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?", re.ASCII)
_KEYS = {"retry_after": 1.0, "retryafter": 1.0, "retry_after_seconds": 1.0, "retrydelay": 1.0, "retry_after_ms": 1e-3}
"""What bodies call it, in lower case, and its unit in seconds. `retryDelay` is Google's, as "39s"."""
_DURATION = re.compile(
    r"(?:([0-9]{1,9}(?:\.[0-9]{0,9})?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)(?![a-z]))"
)
_SAID = re.compile(
    r"(?:resets?|try again|retry|retrying|available|wait)(?:\s+(?:after|again))?(?:\s+(?:in|for))?\s+(?:about\s+|~\s*)?"
    r"((?:[0-9]{1,9}(?:\.[0-9]{0,9})?\s*(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)(?![a-z])\s*){1,3})",
    re.IGNORECASE,
)
_UNITS = (("ms", 1e-3), ("milli", 1e-3), ("m", 60.0), ("h", 3_600.0), ("s", 1.0))


def of_header(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for: a number, also a fractional one, or a date (negative: past).

    None when there is no header, or when it is neither.
    """
    if header is None:
        return None
    if _NUMBER.fullmatch(header.strip()):
        return min(float(header), LONGEST)
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def of_headers(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that an answer's headers ask for, more than zero; a date is read by the clock of who sent it."""
    in_milliseconds = headers.get("retry-after-ms")  # Source: openai-python, `_parse_retry_after_header`
    if in_milliseconds is not None and (found := of_header(in_milliseconds, now)) is not None and found > 0:
        return found / 1_000
    sent = of_header(headers.get("Date"), now)
    asked = of_header(headers.get("Retry-After"), now)
    if asked is not None and sent is not None and not _NUMBER.fullmatch(headers["Retry-After"].strip()):
        asked -= sent
    return asked if asked is not None and asked >= 0 else None


def of_body(content: Any) -> float | None:
    """The seconds that an error's body asks for, in a field (`retry_after`) or in words ("resets in ~30s")."""
    for key, value in _fields(content, 4):
        if (unit := _KEYS.get(key)) is not None and (found := _seconds(value, unit)) is not None:
            return found
    for _, value in _fields(content, 4):
        if isinstance(value, str) and (said := _SAID.search(value[:2_000])):
            return _duration(said[1])
    return None


def _fields(content: Any, deeper: int) -> Iterator[tuple[str, Any]]:
    if isinstance(content, str):
        yield "", content
    elif isinstance(content, list) and deeper:
        for one in content[:20]:
            yield from _fields(one, deeper - 1)
    elif isinstance(content, dict) and deeper:
        for key, value in list(content.items())[:50]:
            yield str(key).casefold().replace("-", "_"), value
            if isinstance(value, dict | list):
                yield from _fields(value, deeper - 1)


def _seconds(value: Any, unit: float) -> float | None:
    if isinstance(value, str):
        if _NUMBER.fullmatch(value.strip()):
            return min(float(value) * unit, LONGEST)
        return _duration(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return min(float(value), LONGEST) * unit
    return None


def _duration(text: str) -> float | None:
    """Of a text such as "1m30s" or "20 seconds"."""
    found = _DURATION.findall(text[:100].casefold())
    parts = [float(number) * next(worth for unit, worth in _UNITS if named.startswith(unit)) for number, named in found]
    return min(sum(parts), LONGEST) if parts else None
