"""Numbers: what JSON, Postgres' jsonb, a double and a 64-bit integer all give back as it came."""

import math
import re

SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**64 - 1
"""What orjson writes, and Postgres and most clients read, without rounding."""

NOT_FINITE = "must be a finite number"
TOO_LARGE = f"must be an integer of {SMALLEST_INTEGER} to {LARGEST_INTEGER}; send a longer one as text"
INEXACT = "has more digits than a double keeps; send it as text"

_DIGITS = re.compile(r"[0-9]{1,19}")


class InexactNumber(float):
    """A number in a JSON text that a double does not keep. Its value is the nearest double."""


def number_limit(number: float) -> str | None:
    """The limit that a number in a document breaks, or None."""
    if isinstance(number, int):
        return None if SMALLEST_INTEGER <= number <= LARGEST_INTEGER else TOO_LARGE
    if not math.isfinite(number):
        return NOT_FINITE
    return INEXACT if isinstance(number, InexactNumber) else None


def read_whole(text: str, least: int, most: int) -> int | None:
    """The whole number in a parameter or header, or None when it is none of `least` (≥ 0) to `most`.

    Never more than 19 digits are read: Python's int() raises ValueError for more than 4,300.
    """
    if not _DIGITS.fullmatch(text):
        return None
    number = int(text)
    return number if least <= number <= most else None
