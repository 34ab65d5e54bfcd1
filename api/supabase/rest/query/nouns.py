"""What a query consists of. Names in it are the catalogue's; values are as they came, for the database to read."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from api.supabase.rest.limits import MOST_ROWS
from api.supabase.rest.query.path import Path
from api.supabase.rest.tables import Relation, Table


class Comparison(NamedTuple):
    """`column=operator.value`."""

    column: str
    operator: str
    value: str | tuple[str, ...]
    """Several for `in`."""
    negated: bool = False
    path: Path = ()


class Group(NamedTuple):
    """`or=(…)`, `and=(…)`."""

    joined: Literal["AND", "OR"]
    members: tuple["Comparison | Group", ...]
    negated: bool = False


Condition = Comparison | Group


class Order(NamedTuple):
    """A column that rows are sorted by."""

    column: str
    descending: bool
    nulls_first: bool


class Selected(NamedTuple):
    """A column of the answer, under the name that it has there."""

    column: str
    shown_as: str
    path: Path = ()


@dataclass
class Level:
    """What is asked of one table: of the request's own, or of one that is embedded."""

    table: Table
    selected: list[Selected] = field(default_factory=list)
    counted_as: str | None = None
    """For `images(count)`: how many there are, under this name, and nothing else of them."""
    embeds: list["Embed"] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int = MOST_ROWS
    offset: int = 0

    @property
    def names_exactly(self) -> bool:
        """Whether every row that can be found has an id that the asker knows."""
        return any(
            isinstance(condition, Comparison)
            and condition.column in self.table.exact
            and condition.operator in ("eq", "in")
            and not (condition.negated or condition.path)
            for condition in self.conditions
        )


class Embed(NamedTuple):
    """An embedded table."""

    shown_as: str
    target: str
    """The table's own name, by which filters may call it, too."""
    relation: Relation
    inner: bool
    """Whether rows without any of it are left out."""
    level: Level
