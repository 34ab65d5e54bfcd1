"""Filters: what a binding asks of a row, `column=operator.value`, several joined by commas. Decided here, never in SQL.

`like`, `match` and their kin are refused: somebody else's pattern would run on this process's loop, for every row.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import isnan
from typing import Any, NamedTuple
from uuid import UUID

MOST_VALUES = 100
"""How many values `in` may name, as at the old project."""
MOST_CONDITIONS = 10
LONGEST_FILTER = 8_000

Read = Callable[[str], Any]


class BadFilter(Exception):
    """It cannot be obeyed; the text says why, and repeats nothing of ours."""


def _moment(text: str) -> datetime:
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        raise ValueError
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if isnan(number):
        raise ValueError
    return number


READ: Mapping[str, Read] = {
    "uuid": UUID,
    "text": str,
    "int2": _whole,
    "int4": _whole,
    "int8": _whole,
    "float8": _real,
    "timestamptz": _moment,
}
"""How a value is read, by the type of its column."""

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "in": lambda value, wanted: value in wanted,
}
"""As in SQL: what is null is neither equal nor unequal to anything."""
OPERATORS = (*COMPARE, "is", "isdistinct")


class Condition(NamedTuple):
    """One column's."""

    column: str
    operator: str
    wanted: Any
    """The value, read; a frozenset for `in`, None for null."""
    negated: bool
    read: Read

    @property
    def named(self) -> frozenset[Any]:
        """The values that the column can only have; none where it is not said like that."""
        if self.negated or self.operator not in {"eq", "in"}:
            return frozenset()
        return self.wanted if self.operator == "in" else frozenset({self.wanted})

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether a row, as it is shown, meets it."""
        shown = record[self.column]
        value = self.read(shown) if isinstance(shown, str) else shown
        if self.operator == "isdistinct":
            return (value != self.wanted) is not self.negated
        if self.operator == "is":
            return (value is None) is not self.negated
        return value is not None and COMPARE[self.operator](value, self.wanted) is not self.negated


def read_filter(text: str, columns: Mapping[str, str]) -> list[Condition]:
    """The conditions in a filter on a table with these columns and types. Raises BadFilter."""
    if len(text) > LONGEST_FILTER:
        raise BadFilter(f"at most {LONGEST_FILTER} characters")
    parts = _split(text)
    if len(parts) > MOST_CONDITIONS:
        raise BadFilter(f"at most {MOST_CONDITIONS} conditions")
    return [_condition(part, columns) for part in parts]


def _condition(text: str, columns: Mapping[str, str]) -> Condition:
    column, equals, rest = text.partition("=")
    if not equals:
        raise BadFilter("must be column=operator.value")
    if column not in columns:
        raise BadFilter(f"there is no column {column[:40]!r} that can be asked for")
    negated = rest.startswith("not.")
    word, point, value = rest.removeprefix("not.").partition(".")
    if not point or word not in OPERATORS:
        raise BadFilter(f"{column}: the operator must be one of {', '.join(OPERATORS)}, with or without not. before it")
    read = READ[columns[column]]
    if word == "is" and value.lower() != "null":
        raise BadFilter(f"{column}: is must be followed by null")
    if word == "is" or (word == "isdistinct" and value.lower() == "null"):
        return Condition(column, word, None, negated, read)
    if word == "in":
        return Condition(column, word, _values(column, value, columns[column]), negated, read)
    return Condition(column, word, _value(column, value, columns[column]), negated, read)


def _values(column: str, text: str, of_type: str) -> frozenset[Any]:
    if not (text.startswith("(") and text.endswith(")")):
        raise BadFilter(f"{column}: in must be followed by (value,value,…)")
    values = _split(text[1:-1])
    if len(values) > MOST_VALUES:
        raise BadFilter(f"{column}: in takes at most {MOST_VALUES} values, has {len(values)}")
    return frozenset(_value(column, value, of_type) for value in values)


def _value(column: str, text: str, of_type: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    try:
        return READ[of_type](text)
    except (ValueError, OverflowError):
        raise BadFilter(f"{column}: {text[:40]!r} is no {of_type}") from None


def _split(text: str) -> list[str]:
    """At the commas that stand neither in quotes nor in brackets."""
    parts, begun, depth, quoted, escaped = [], 0, 0, False, False
    for place, letter in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and depth == 0:
            parts.append(text[begun:place])
            begun = place + 1
    return [*parts, text[begun:]]
