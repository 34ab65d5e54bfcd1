"""Bindings: what a channel asks to be told of, and which of the gateway's topics bring it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from api.gateway.topic_names import Kind, TopicName
from api.supabase.realtime.changes import Change
from api.supabase.realtime.filters import BadFilter, Condition, read_filter
from api.supabase.records import COLUMNS, GENERATIONS, IMAGES
from schema.input_limits.document import broken_document

SCHEMA = "public"
ANY = "*"
EVENTS = ("INSERT", "UPDATE", "DELETE")
MOST_BINDINGS = 100
"""In one join."""

_OF_ONE = {
    (GENERATIONS, "id"): Kind.GENERATION,
    (IMAGES, "generation_id"): Kind.GENERATION,
    (GENERATIONS, "batch_id"): Kind.BATCH,
}
"""Columns whose exact value is a topic of the gateway's own."""


class BadJoin(Exception):
    """A join that no channel can come of; the text says why."""


class BadBinding(Exception):
    """A channel joins with it, but nothing will come; the text says why."""


class Binding(NamedTuple):
    """One, read."""

    id: int
    """How the client is told that a change is for it: never 0, which it takes for none."""
    events: frozenset[str]
    tables: frozenset[str]
    conditions: list[Condition]

    def matches(self, change: Change) -> bool:
        """Whether a change is for it. Of a row that is gone only its key can be asked for, as at the old project."""
        if change.type not in self.events or change.table not in self.tables:
            return False
        if change.type == "DELETE":
            return all(one.column not in change.old or one.holds(change.old) for one in self.conditions)
        return all(condition.holds(change.record) for condition in self.conditions)

    @property
    def topics(self) -> Iterator[TopicName]:
        """The topics that bring everything that it asks for: the one or few that it names, else the whole feed."""
        for condition in self.conditions:
            (table,) = self.tables
            if condition.named and (kind := _OF_ONE.get((table, condition.column))):
                yield from (TopicName(kind, subject) for subject in condition.named)
                return
        yield TopicName(Kind.GENERATIONS, None)

    def wants_now(self, generation_id: UUID) -> bool:
        """Whether it is told how this generation stands when it begins: it asks for its changes by its key."""
        return (
            "UPDATE" in self.events
            and GENERATIONS in self.tables
            and any(one.column == "id" and generation_id in one.named for one in self.conditions)
        )


def asked_for(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bindings as they stand in a join's payload. Raises BadJoin."""
    config = payload.get("config", {})
    asked = config.get("postgres_changes") if isinstance(config, dict) else config
    if asked is None:
        return []
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise BadJoin("config.postgres_changes: must be a list of objects")
    if broken := broken_document(asked):
        # They are sent back as they came.
        raise BadJoin(f"config.postgres_changes: {broken}")
    if len(asked) > MOST_BINDINGS:
        raise BadJoin(f"config.postgres_changes: at most {MOST_BINDINGS} bindings in a channel, has {len(asked)}")
    return asked


def read_bindings(asked: Sequence[Mapping[str, Any]]) -> list[Binding]:
    """All of them, numbered from 1. Raises BadBinding for the first that cannot be obeyed."""
    bindings = []
    for number, one in enumerate(asked, 1):
        try:
            bindings.append(_binding(number, one))
        except BadFilter as error:
            raise BadBinding(f"postgres_changes[{number - 1}].filter: {error}") from None
        except BadBinding as error:
            raise BadBinding(f"postgres_changes[{number - 1}].{error}") from None
    return bindings


def _binding(number: int, asked: Mapping[str, Any]) -> Binding:
    event, schema, table, text = (asked.get(name) for name in ("event", "schema", "table", "filter"))
    word = event.upper() if isinstance(event, str) else None
    if word not in (*EVENTS, ANY):
        raise BadBinding(f"event: must be one of {', '.join(EVENTS)}, {ANY}")
    if schema not in (SCHEMA, ANY):
        raise BadBinding(f"schema: must be {SCHEMA}")
    tables = frozenset(COLUMNS) if table in (None, ANY) else frozenset({table} if isinstance(table, str) else ())
    if not tables or not tables <= COLUMNS.keys():
        raise BadBinding(f"table: changes are told of {' and '.join(COLUMNS)} only")
    if text in (None, ""):
        conditions = []
    elif not isinstance(text, str) or len(tables) > 1:
        raise BadBinding("filter: must be a string, and its table be named")
    else:
        conditions = read_filter(text, COLUMNS[next(iter(tables))])
    assert word is not None
    return Binding(number, frozenset(EVENTS if word == ANY else {word}), tables, conditions)
