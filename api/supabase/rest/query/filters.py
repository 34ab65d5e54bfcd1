"""`status=eq.queued`, `or=(a.eq.1,and(b.gt.2,c.is.null))`: which rows."""

import re
from typing import Literal

from api.supabase.rest.limits import MOST_LISTED, MOST_NESTED
from api.supabase.rest.query.nouns import Comparison, Condition, Group
from api.supabase.rest.query.path import read_path, type_at
from api.supabase.rest.query.reader import Reader
from api.supabase.rest.refusals import Refusal, no_operator, too_much
from api.supabase.rest.tables import UNORDERED, Table

ORDERING = frozenset({"eq", "neq", "gt", "gte", "lt", "lte"})
MATCHING = frozenset({"like", "ilike"})
OPERATORS = ORDERING | MATCHING | {"is", "in"}
STATES = frozenset({"null", "not_null", "true", "false", "unknown"})
_EXPECTED = f'"not" or operator ({", ".join(sorted(OPERATORS))})'
_OPERATOR = re.compile(r"[a-z_]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=[,)])', re.DOTALL)
_BARE = re.compile(r"[^,)]*")
_GROUPS: tuple[tuple[re.Pattern[str], Literal["AND", "OR"]], ...] = (
    (re.compile(r"and(?=\()"), "AND"),
    (re.compile(r"or(?=\()"), "OR"),
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Filters:
    """Reads the filters of one request, and counts them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most

    def comparison(self, table: Table, column: str, text: str) -> Comparison:
        """`text` behind `column=`. Raises Refusal."""
        reader, naming = Reader("filter", text), Reader("filter", column)
        name, path = naming.name(), read_path(naming)
        if not naming.is_over:
            raise naming.refused("end of the column's name")
        negated, operator = _operator(reader)
        value: str | tuple[str, ...] = _list(reader) if operator == "in" else reader.rest()
        if not reader.is_over:
            raise reader.refused("end of input")
        return self._checked(table, Comparison(name, operator, value, negated, path))

    def group(self, table: Table, joined: Literal["AND", "OR"], negated: bool, text: str) -> Group:
        """`text` behind `or=` or `and=`. Raises Refusal."""
        reader = Reader("logic tree", text)
        group = self._group(reader, table, joined, negated, 1)
        if not reader.is_over:
            raise reader.refused("end of input")
        return group

    def _group(self, reader: Reader, table: Table, joined: Literal["AND", "OR"], negated: bool, depth: int) -> Group:
        if depth > MOST_NESTED:
            raise too_much("filters", f"at most {MOST_NESTED} of and, or in each other")
        reader.expect("(")
        members = [self._member(reader, table, depth)]
        while reader.take(","):
            members.append(self._member(reader, table, depth))
        reader.expect(")")
        return Group(joined, tuple(members), negated)

    def _member(self, reader: Reader, table: Table, depth: int) -> Condition:
        negated = reader.take("not.")
        for begins, joined in _GROUPS:
            if reader.match(begins):
                return self._group(reader, table, joined, negated, depth + 1)
        column, path = reader.name(), read_path(reader)
        reader.expect(".")
        again, operator = _operator(reader)
        value: str | tuple[str, ...] = _list(reader) if operator == "in" else _value(reader)
        return self._checked(table, Comparison(column, operator, value, negated != again, path))

    def _checked(self, table: Table, comparison: Comparison) -> Comparison:
        self._left -= 1
        if self._left < 0:
            raise too_much("filters", f"at most {self._most} in one request")
        kind = type_at(table, comparison.column, comparison.path)
        if comparison.operator in MATCHING and kind != "text":
            raise no_operator(kind, "~~" if comparison.operator == "like" else "~~*")
        if comparison.operator in MATCHING and _ends_escaping(str(comparison.value)):
            raise Refusal(400, "22025", "LIKE pattern must not end with escape character")
        if kind in UNORDERED and comparison.operator != "is":
            raise no_operator(kind, "=")
        if comparison.operator == "is":
            _check_state(kind, str(comparison.value))
        return comparison


def _operator(reader: Reader) -> tuple[bool, str]:
    negated = reader.take("not.")
    operator = reader.match(_OPERATOR)
    if operator not in OPERATORS:
        raise reader.refused(_EXPECTED)
    reader.expect(".")
    return negated, operator


def _list(reader: Reader) -> tuple[str, ...]:
    reader.expect("(")
    if reader.take(")"):
        return ()
    values = [_value(reader)]
    while reader.take(","):
        values.append(_value(reader))
        if len(values) > MOST_LISTED:
            raise too_much("filters", f"in: at most {MOST_LISTED} values")
    reader.expect(")")
    return tuple(values)


def _value(reader: Reader) -> str:
    """A value where a comma or a bracket ends it, unless it is quoted."""
    quoted = reader.match(_QUOTED)
    if quoted is None:
        return reader.match(_BARE) or ""
    return _ESCAPED.sub(r"\1", quoted[1:-1])


def _ends_escaping(pattern: str) -> bool:
    """Whether a pattern ends with an escape of nothing. Postgres says so only of a row that matches all before it."""
    return (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 1


def _check_state(kind: str, state: str) -> None:
    if state.lower() not in STATES:
        raise Refusal(
            400,
            "PGRST100",
            f'"failed to parse filter (is.{state[:40]})" (line 1, column 4)',
            f"expecting {', '.join(sorted(STATES))}",
        )
    if state.lower() not in ("null", "not_null") and kind != "boolean":
        raise Refusal(400, "42804", f"argument of IS {state.upper()} must be type boolean, not type {kind}")
