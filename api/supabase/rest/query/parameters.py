"""A URL's query as a whole: which parameter speaks of which table, and what is reserved."""

from typing import Literal
from urllib.parse import parse_qsl

from api.supabase.rest.limits import MOST_FILTERS, MOST_LINES, MOST_QUERY_BYTES, MOST_ROWS, MOST_SKIPPED
from api.supabase.rest.query.filters import Filters
from api.supabase.rest.query.nouns import Level
from api.supabase.rest.query.order import read_order
from api.supabase.rest.query.select import read_select
from api.supabase.rest.refusals import Refusal, not_embedded, out_of_range, too_much
from api.supabase.rest.tables import Table

_GROUPS: dict[str, tuple[Literal["AND", "OR"], bool]] = {
    "and": ("AND", False),
    "or": ("OR", False),
    "not.and": ("AND", True),
    "not.or": ("OR", True),
}
_ONCE = ("order", "limit", "offset")
_OF_WRITES = frozenset({"select", "columns", "on_conflict"})


def parameters_of(query: bytes) -> list[tuple[str, str]]:
    """A query's parameters, decoded. Raises Refusal."""
    if len(query) > MOST_QUERY_BYTES:
        raise Refusal(414, "PGRST100", f"the query of the URL: at most {MOST_QUERY_BYTES} bytes")
    # `+` is a space here, and what is no UTF-8 becomes U+FFFD, which no id contains.
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)


def read_query(parameters: list[tuple[str, str]], table: Table) -> Level:
    """What a query asks of `table`. Raises Refusal."""
    selects = [value for key, value in parameters if key == "select"]
    if len(selects) > 1:
        raise too_much("select", "only once")
    level = read_select(selects[0] if selects and selects[0] else "*", table)
    filters, seen = Filters(MOST_FILTERS), set[str]()
    for key, value in parameters:
        if key in _OF_WRITES:
            continue
        inside, word = _aim(level, key)
        if word in _ONCE and key in seen:
            raise too_much(key, "only once")
        seen.add(key)
        _read(inside, word, value, filters)
    _bound(level)
    return level


def _aim(level: Level, key: str) -> tuple[Level, str]:
    """The level that a parameter speaks of, and the rest of its name."""
    path = key.split(".")
    word = path.pop()
    if path and path[-1] == "not" and word in ("and", "or"):
        word = f"{path.pop()}.{word}"
    for name in path:
        found = [embed.level for embed in level.embeds if name in (embed.shown_as, embed.target)]
        if not found:
            raise not_embedded(name)
        level = found[0]
    return level, word


def _read(level: Level, word: str, value: str, filters: Filters) -> None:
    match word:
        case "order":
            level.order = read_order(value, level.table)
        case "limit":
            level.limit = min(_number("limit", value), MOST_ROWS)
        case "offset":
            level.offset = _number("offset", value)
        case _ if word in _GROUPS:
            joined, negated = _GROUPS[word]
            level.conditions.append(filters.group(level.table, joined, negated, value))
        case _:
            level.conditions.append(filters.comparison(level.table, word, value))


def _number(name: str, value: str) -> int:
    negative, digits = value.startswith("-"), value.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 18:
        raise too_much(name, "must be a whole number")
    if negative and int(digits):
        raise out_of_range(f"{name} should be greater than or equal to zero.")
    if name == "offset" and int(digits) > MOST_SKIPPED:
        raise too_much(name, f"at most {MOST_SKIPPED}")
    return int(digits)


def _bound(level: Level) -> None:
    """Fewer rows where each of them may bring many."""
    level.limit = min(level.limit, max(1, MOST_LINES // _lines(level)))


def _lines(level: Level) -> int:
    """How many rows one row of this level may embed at most, itself included when it embeds none."""
    most = 1
    for embed in level.embeds:
        embed.level.limit = min(embed.level.limit, embed.relation.most)
        most = max(most, embed.relation.most * _lines(embed.level))
    return most
