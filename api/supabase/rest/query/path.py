"""`payload->>prompt`, `result->outputs->0`: a place inside of a JSON column."""

import re
from typing import NamedTuple

from api.supabase.rest.limits import MOST_STEPS
from api.supabase.rest.query.reader import Reader
from api.supabase.rest.refusals import no_column, no_operator, too_much
from api.supabase.rest.tables import Table

_INDEX = re.compile(r"\d{1,6}")
_JSON = "jsonb"


class Step(NamedTuple):
    """One step inwards."""

    key: str | int
    """Of an object, or the place in an array."""
    as_text: bool


Path = tuple[Step, ...]


def read_path(reader: Reader) -> Path:
    """The steps that come next, if any. Raises Refusal."""
    steps = list[Step]()
    while (as_text := reader.take("->>")) or reader.take("->"):
        index = reader.match(_INDEX)
        steps.append(Step(reader.name("key") if index is None else int(index), as_text))
        if len(steps) > MOST_STEPS:
            raise too_much("a path", f"at most {MOST_STEPS} steps")
        if as_text:
            break
    return tuple(steps)


def type_at(table: Table, column: str, path: Path) -> str:
    """The type of what is there. Raises Refusal when there is no such column, or it has no inside."""
    known = table.columns.get(column)
    if known is None:
        raise no_column(table.name, column)
    if path and known.type != _JSON:
        raise no_operator(known.type, "->>" if path[0].as_text else "->")
    return "text" if path and path[-1].as_text else known.type


def named_after(column: str, path: Path) -> str:
    """What it is called in an answer, unless it is given another name."""
    return next((step.key for step in reversed(path) if isinstance(step.key, str)), column)
