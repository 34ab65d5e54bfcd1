"""Single fields of a provider's answer, read as they are really spelt: numbers for texts, other words for a status."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

STARTING, PROCESSING, SUCCEEDED, FAILED, CANCELED, ABORTED = (
    "starting",
    "processing",
    "succeeded",
    "failed",
    "canceled",
    "aborted",
)
FINISHED = frozenset({SUCCEEDED, FAILED, CANCELED, ABORTED})
"""`aborted`: its deadline passed before it began (unbilled); clients of 2025 still forget this fourth one."""
_WORDS: Mapping[str, str] = {
    STARTING: "starting queued inqueue pending submitted created booting waiting notstarted initializing",
    PROCESSING: "processing inprogress running started working generating",
    SUCCEEDED: "succeeded success successful completed complete done finished ok ready",
    FAILED: "failed failure fail error errored timeout timedout rejected contentmoderated requestmoderated moderated",
    CANCELED: "canceled cancelled",
    ABORTED: "aborted",
}
_STATUSES = {word: status for status, words in _WORDS.items() for word in words.split()}

LONGEST_ID = 200
LONGEST_SECONDS = 7 * 86_400.0
"""No picture takes a week; what takes longer is no time, and would be paid for by the second."""
_EPOCHS = (1.0, 1e3, 1e6)
"""Seconds, milliseconds or microseconds since 1970; of a moment between 2001 and 2286 it can be told which."""
LOG_LOOKED_AT = 64 * 1024
"""Characters at a log's end: the last percent is there."""
_PERCENT = re.compile(r"[ \t]{0,40}(\d{1,3})%[ \t]{0,40}\|")


def id_of(value: Any) -> str | None:
    """An id, also one that came as a whole number; None when it is none that a row could keep."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable():
        return value
    return None


def status_of(value: Any) -> str | None:
    """A status in one of six words (STARTING to ABORTED), from any spelling of it; None for one that nobody knows."""
    if not isinstance(value, str):
        return None
    return _STATUSES.get(value) or _STATUSES.get(re.sub(r"[^a-z]", "", value[:50].casefold()))


def seconds_of(value: Any) -> float | None:
    """A time of work in seconds, also one that came as text; None when it is no time."""
    try:
        seconds = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= LONGEST_SECONDS else None


def moment_of(value: Any) -> datetime | None:
    """A moment, with a zone: ISO 8601, or a number since 1970. None when it is none."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = (datetime.fromtimestamp(value / unit, UTC) for unit in _EPOCHS if 1e9 <= value / unit < 1e10)
            return next(found, None)
        moment = datetime.fromisoformat(value)
        # Always with a zone: it is compared with moments that have one.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def log_of(value: Any) -> str:
    """The end of a log, whether it came as a text or as a list of lines or of objects with a `message`."""
    if isinstance(value, list):
        lines = [line.get("message") if isinstance(line, Mapping) else line for line in value[-1_000:]]
        value = "\n".join(line[-LOG_LOOKED_AT:] for line in lines if isinstance(line, str))
    return value[-LOG_LOOKED_AT:] if isinstance(value, str) else ""


def percent_of(log: str) -> int | None:
    """The last percent of a log as tqdm writes it, at most 99: it may say 100 long before the picture is there."""
    found = (match for line in reversed(log.splitlines()) if (match := _PERCENT.match(line)))
    last = next(found, None)
    return min(int(last[1]), 99) if last else None
