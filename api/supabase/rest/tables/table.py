"""What a table of the old project is: its columns and what they are in SQL, whose its rows are, what it leads to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

UNORDERED = frozenset({"json[]"})
"""Types whose values Postgres cannot compare."""


class Column(NamedTuple):
    """A column that the apps may read. `{t}` in its SQL is the table's alias."""

    type: str
    sql: str
    stored: tuple[str, Mapping[str, tuple[str, ...]]] | None = None
    """Where what is shown is not what is stored: the stored column, and what of it stands for each value shown.

    An equation with literals of the stored column finds its rows by an index; one with the expression cannot.
    """

    @property
    def is_plain(self) -> bool:
        """Whether it is a column of the table as it stands, which an index may be sorted by."""
        return re.fullmatch(r"\{t\}\.\w+", self.sql) is not None


class Relation(NamedTuple):
    """From one table to another. `{t}` is here, `{other}` there."""

    target: str
    link: str
    most: int
    """How many rows there may be for one here; 1: it is embedded as an object, else as an array."""
    hints: frozenset[str]
    """What may stand behind `!` to mean it: the foreign key, or its column."""


@dataclass(frozen=True)
class Table:
    """A table or view of the public schema."""

    name: str
    source: str
    """What stands in FROM."""
    columns: Mapping[str, Column]
    mine: str | None = None
    """The condition for rows of `:me`; None: the rows are nobody's in particular, and everybody reads them."""
    ownerless: str = "false"
    """The condition for rows without an owner."""
    exact: frozenset[str] = frozenset()
    """Columns that are ids: whoever names one knows it, and may read the row when it has no owner."""
    keyed: frozenset[str] = frozenset()
    """Columns by which an index finds rows; those of `exact` are among them.

    Only comparisons with these stand beside the owner's rule: their operators are leakproof, so they tell nothing of a
    row that the rule refuses.
    """
    relations: Mapping[str, Relation] = field(default_factory=dict)

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """The columns of `source` that anything here is made of; all that a question may read."""
        expressions = [column.sql for column in self.columns.values()]
        expressions += [column.stored[0] for column in self.columns.values() if column.stored is not None]
        expressions += [self.mine or "", self.ownerless, *(relation.link for relation in self.relations.values())]
        return tuple(dict.fromkeys(re.findall(r"\{t\}\.(\w+)", " ".join(expressions))))


def plain(**columns: str) -> dict[str, Column]:
    """Columns that are stored as they are shown, with their types."""
    return {name: Column(kind, f"{{t}}.{name}") for name, kind in columns.items()}
