"""Documents: JSON that others make up, such as `metadata`. Kept as it came, and shown inside of larger documents."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from schema.input_limits.number import number_limit
from schema.input_limits.text import text_limit

MAX_DEPTH = 32
"""Levels of objects and arrays. What shows a document adds up to five, and some readers take 64 levels and no more.

Source: https://learn.microsoft.com/dotnet/api/system.text.json.jsonserializeroptions.maxdepth
"""
TOO_DEEP = f"must be nested at most {MAX_DEPTH} levels deep"
SHOWN_PATH = 120
"""Characters of a path that an error repeats."""


class DoubledKeys(dict[str, Any]):
    """A JSON object in which a key came twice; it has the last value of each."""

    def __init__(self, pairs: Sequence[tuple[str, Any]], doubled: str) -> None:
        super().__init__(pairs)
        self.doubled = doubled


class Unreadable(dict[str, str]):
    """Stands for a stored document that cannot be read back. Shown as an object that says why."""

    def __init__(self, why: str) -> None:
        super().__init__(unreadable=why)
        self.why = why


class BrokenDocument(NamedTuple):
    """The first limit that a document breaks."""

    path: str
    """Where, such as `steps.0.name`; empty for the document itself."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def broken_document(document: object) -> BrokenDocument | None:
    """The first limit of text, number or depth that `document` breaks, or None. Never recurses, and never raises."""
    open_parts: list[tuple[str, Iterator[tuple[str, object]]]] = [("", iter([("", document)]))]
    while open_parts:
        path, parts = open_parts[-1]
        name, value = next(parts, (None, None))
        if name is None:
            open_parts.pop()
            continue
        here = f"{path}.{name}"[:SHOWN_PATH] if path else name[:SHOWN_PATH]
        if message := _limit(name, value):
            return BrokenDocument(here.encode(errors="replace").decode(), message)
        if isinstance(value, dict | list):
            if len(open_parts) > MAX_DEPTH:
                return BrokenDocument("", TOO_DEEP)
            open_parts.append((here, _parts(value)))
    return None


def _limit(name: str, value: object) -> str | None:
    if (message := text_limit(name)) is not None:
        return f"its key {message}"
    match value:
        case DoubledKeys():
            return f"has the key {value.doubled[:40]!r} twice"
        case Unreadable():
            return value.why
        case str():
            return text_limit(value)
        case bool() | None | dict() | list():
            return None
        case int() | float():
            return number_limit(value)
        case _:
            return f"must be JSON, not {type(value).__name__}"


def _parts(value: Mapping[str, object] | Sequence[object]) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        return iter(value.items())
    return ((str(index), item) for index, item in enumerate(value))
