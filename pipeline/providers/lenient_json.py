"""Reads JSON as providers, gateways and proxies really send it, where a strict reader would refuse the whole body.

A log with half an emoji, a NaN among the metrics or a byte order mark says nothing about the purchase in the same body.
What is mended: byte order marks, UTF-16 and UTF-32, invalid UTF-8, lone surrogates, raw control characters in strings,
NaN and infinities, numbers beyond what fits.
"""

import json
import math
import re
from typing import Any

import orjson

LONGEST_INTEGER = 40
"""Digits; a longer one is no number that anybody means, and Python refuses to read it from 4,300 on."""

DEEPEST = 200
"""Levels that are kept of what is nested too deep to be read."""
MOST_BRACKETS = 2_000_000
"""Looked at for that, in about a second."""

_BRACKET = re.compile(r'[\[\]{}]|"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A bracket, or a whole string, in which there are none."""
_PADDING = " \t\r\n\0\ufeff"

# Runs of escaped backslashes and whole pairs are stepped over, so that what remains is a half without its other half.
_HALF = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_OTHER_HALF = r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALVES = re.compile(rf"((?:\\\\)+|(?:{_HALF}{_OTHER_HALF})+)|{_HALF}|{_OTHER_HALF}")
_ANY_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(body: bytes) -> Any:
    """The value in `body`; None when there is none. What is nested deeper than DEEPEST in a body that no reader could
    read for its depth is null: it hides nothing of what stands beside it.

    Of a key that comes twice the last one counts. A text has no lone surrogate; it may have NUL. Never raises.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        text = body.decode(json.detect_encoding(body), "replace").strip(_PADDING)
        if _ANY_HALF.search(text):
            text = _HALVES.sub(lambda found: found[1] or "\\ufffd", text)
        return _LENIENT.decode(text)
    except ValueError:
        return None
    except RecursionError:
        pass
    try:
        return _LENIENT.decode(_cut(text))
    except (ValueError, RecursionError):
        return None


def _cut(text: str) -> str:
    """`text` with null for every list and object that is nested too deep. Raises ValueError where it has too many."""
    kept, depth, copied = list[str](), 0, 0
    for number, found in enumerate(_BRACKET.finditer(text)):
        if number > MOST_BRACKETS:
            raise ValueError("too many lists and objects")
        at, one = found.start(), found[0][0]
        if one in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept += (text[copied:at], "null")
        elif one in "]}":
            if depth == DEEPEST + 1:
                copied = at + 1
            depth -= 1
    # One that is never closed is for the reader to refuse.
    return "".join([*kept, text[copied:]]) if depth <= DEEPEST else text[:0]


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= LONGEST_INTEGER else None


def _number(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


_LENIENT = json.JSONDecoder(
    strict=False, parse_int=_integer, parse_float=_number, parse_constant=lambda _constant: None
)
