"""JSON as it came: a number that is rounded, a key that comes twice, a depth that no reader takes are told."""

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson

from schema.input_limits.document import BrokenDocument, DoubledKeys
from schema.input_limits.number import InexactNumber
from schema.input_limits.text import text_limit

MAX_BODY_DEPTH = 500
"""Levels of a whole body. Python's own reader, which is needed for what orjson refuses, takes not many more."""
LONGEST_INTEGER = 40
"""Digits. Longer ones break every limit that there is, and Python's int() reads no more than 4,300."""
_KEEPS_DOCUMENTS = (b"metadata", b"settings", b"\\u00")
"""What a body says that brings a free document; its name may be written with escapes."""


class NotJson(ValueError):
    """The text is no JSON."""


class BrokenBody(ValueError):
    """The text is JSON, and breaks a limit before any field of it is looked at."""

    def __init__(self, broken: BrokenDocument) -> None:
        super().__init__(str(broken))
        self.broken = broken


def read_json(body: bytes) -> Any:
    """The JSON in `body`. Raises NotJson, BrokenBody.

    NaN, infinities, numbers beyond a double and keys that come twice are read, and marked (InexactNumber, DoubledKeys)
    in bodies that may bring a free document: the limits of the field that holds them name it.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _read_slowly(body, error)
    # In a body without such a document every number has a field with limits of its own, far inside of a double's.
    return _read_slowly(body, None) if any(word in body for word in _KEEPS_DOCUMENTS) else found


def is_deeper(text: str, most: int) -> bool:
    """Whether a JSON text has more than `most` levels of objects and arrays. One pass, no recursion."""
    if text.count("[") + text.count("{") <= most:
        return False
    depth = 0
    quoted = escaped = False
    for letter in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped = letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            depth += 1
            if depth > most:
                return True
        elif letter in "]}":
            depth -= 1
    return False


def _read_slowly(body: bytes, refused: orjson.JSONDecodeError | None) -> Any:
    try:
        text = body.decode()
        # A reader that recurses may not see what is nested too deep.
        if is_deeper(text, MAX_BODY_DEPTH):
            raise BrokenBody(BrokenDocument("", f"must be nested at most {MAX_BODY_DEPTH} levels deep"))
        found = json.loads(text, parse_int=_integer, parse_float=_float, object_pairs_hook=_object)
    except BrokenBody:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(refused or error)) from None
    if refused is not None and (broken := _half_a_pair(found)):
        raise BrokenBody(broken)
    return found


def _integer(text: str) -> float:
    return int(text) if len(text) <= LONGEST_INTEGER else InexactNumber(text)


def _float(text: str) -> float:
    number = float(text)
    mantissa, _, exponent = text.lower().partition("e")
    # A double keeps 15 digits of any number. Else repr tells, which writes as many as a double has of its own.
    if (len(mantissa) <= 15 and len(exponent) <= 2) or Decimal(repr(number)) == Decimal(text):
        return number
    return InexactNumber(text)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    ((doubled, _),) = Counter(key for key, _ in pairs).most_common(1)
    return DoubledKeys(pairs, doubled)


def _half_a_pair(found: object) -> BrokenDocument | None:
    """The first text that is no UTF-8. U+0000 stays: the field that holds it names it."""
    waiting: list[tuple[str, object]] = [("", found)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and (limit := text_limit(value.replace("\x00", ""))):
            return BrokenDocument(path or "body", limit)
        if isinstance(value, dict):
            if any(text_limit(key.replace("\x00", "")) for key in value):
                return BrokenDocument(path or "body", "a key must not contain half of a surrogate pair")
            waiting += [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}.{index}" if path else str(index), item) for index, item in enumerate(value)]
    return None
