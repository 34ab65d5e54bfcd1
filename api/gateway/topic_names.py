"""Topics by their names: `generation:<id>`, `batch:<id>`, `generations`, `queue`."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from api.problems import Problem
from schema.wire.problem import FieldError


class Kind(StrEnum):
    """What a topic is about."""

    GENERATION = "generation"
    BATCH = "batch"
    GENERATIONS = "generations"
    QUEUE = "queue"


OF_ONE = frozenset({Kind.GENERATION, Kind.BATCH})
"""Kinds that name one thing by its id."""


class TopicName(NamedTuple):
    """A topic's name, read."""

    kind: Kind
    subject: UUID | None


def read_topic(name: str) -> TopicName:
    """The topic that a client named. Raises Problem("invalid-topic")."""
    word, colon, value = name.partition(":")
    try:
        kind = Kind(word)
        if kind in OF_ONE:
            return TopicName(kind, UUID(value))
        if not colon:
            return TopicName(kind, None)
    except ValueError:
        pass
    detail = "topic: must be generation:<uuid>, batch:<uuid>, generations or queue"
    raise Problem("invalid-topic", detail, [FieldError("topic", detail)])
