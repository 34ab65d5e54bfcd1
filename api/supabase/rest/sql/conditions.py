"""Filters in SQL."""

from collections.abc import Sequence

from api.supabase.rest.query.nouns import Comparison, Condition
from api.supabase.rest.sql.binds import Binds
from api.supabase.rest.tables import Column, Table

_SIGNS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "LIKE",
    "ilike": "ILIKE",
}
_LEAKPROOF = frozenset({"eq", "in"})
_ORDERING = frozenset({"gt", "gte", "lt", "lte"})
"""Leakproof too, but not on texts, which are ordered by a collation."""
_STATES = {
    "null": "IS NULL",
    "not_null": "IS NOT NULL",
    "true": "IS TRUE",
    "false": "IS FALSE",
    "unknown": "IS UNKNOWN",
}


def condition_sql(condition: Condition, table: Table, alias: str, binds: Binds) -> str:
    """A filter on the rows of `alias`."""
    if isinstance(condition, Comparison):
        sql = _comparison(condition, table.columns[condition.column], alias, binds)
    else:
        sql = f" {condition.joined} ".join(condition_sql(one, table, alias, binds) for one in condition.members)
    return f"NOT ({sql})" if condition.negated else f"({sql})"


def is_keyed(condition: Condition, table: Table) -> bool:
    """Whether a filter only compares a keyed column with values: it raises nothing, and takes no time over any row."""
    if not isinstance(condition, Comparison) or condition.column not in table.keyed:
        return False
    leakproof = _LEAKPROOF if table.columns[condition.column].type == "text" else _LEAKPROOF | _ORDERING
    return condition.operator in leakproof and not (condition.negated or condition.path)


def _comparison(asked: Comparison, column: Column, alias: str, binds: Binds) -> str:
    if (stored := _stored(asked, column, alias)) is not None:
        return stored
    expression = binds.place(column.sql.format(t=alias), asked.path)
    kind = "text" if asked.path and asked.path[-1].as_text else column.type
    if asked.operator == "is":
        return f"{expression} {_STATES[str(asked.value).lower()]}"
    if asked.operator == "in":
        return f"{expression} = ANY({binds.cast(list(asked.value), kind)})"
    value = str(asked.value)
    if asked.operator in ("like", "ilike"):
        return f"{expression} {_SIGNS[asked.operator]} CAST({binds.add(value.replace('*', '%'))} AS text)"
    return f"{expression} {_SIGNS[asked.operator]} {binds.cast(value, kind)}"


def _stored(asked: Comparison, column: Column, alias: str) -> str | None:
    """An equation by what is stored, in literals, when all of its values are known."""
    if column.stored is None or asked.path or asked.operator not in ("eq", "in"):
        return None
    stored, meanings = column.stored
    values: Sequence[str] = [asked.value] if isinstance(asked.value, str) else asked.value
    if not values or not meanings.keys() >= set(values):
        return None
    literals = sorted({f"'{literal}'" for value in values for literal in meanings[value]})
    return f"{stored.format(t=alias)} IN ({', '.join(literals)})"
