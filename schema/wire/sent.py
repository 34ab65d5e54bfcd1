"""The frames that the server sends, as models: AsyncAPI's document is made of them, and tests hold frames to it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from pydantic.json_schema import SkipJsonSchema

from schema.statuses import Status
from schema.wire.frames import TOPIC_PATTERN, Reference
from schema.wire.generation import Generation
from schema.wire.problem import ProblemDocument
from schema.wire.queue import Queue
from schema.wire.shown import Count, Percent, Shown, Version

Topic = Annotated[str, Field(pattern=TOPIC_PATTERN)]
BatchTopic = Annotated[str, Field(pattern="^batch:")]
Seconds = Annotated[float, Field(ge=0)]


class Subscribed(Shown):
    """← The subscription stands; what follows on this topic is its stream."""

    type: Literal["subscribed"]
    ref: Reference | None
    topic: Topic
    resumed: bool
    """Whether it goes on after the cursor that was given. If not, it begins anew, and there may be a gap before it."""
    cursor: str | SkipJsonSchema[None] = None
    """Of `generations` and `batch:<id>`: where the feed stands now; absent while a snapshot is still to come."""


class Transition(Shown):
    """← A generation reached a status. Within one generation they come in order."""

    type: Literal["transition"]
    topic: Topic
    cursor: int | str | None
    """To resume after. On `generation:<id>` the version; on a feed opaque text, null in a first snapshot until its end.
    """
    id: UUID
    status: Status
    """The status that it reached with this transition."""
    version: Version
    """Which transition of this generation it is, counted from 1 without gaps."""
    at: AwareDatetime
    """When it was committed."""
    generation: Generation
    """The generation as it stands now: of a replayed transition, later than the transition itself."""


class Progress(Shown):
    """← How far a generation is, between transitions. The latest one wins; any of them may be left out."""

    type: Literal["progress"]
    topic: Topic
    id: UUID
    progress: Percent | None
    """Percent, as the provider tells it; null while it tells nothing."""
    position: Annotated[int, Field(ge=1)] | None
    """Its place in the queue, roughly; null when it does not wait in it."""
    eta_seconds: Seconds | None
    """How long it will take until it is completed, roughly; null when that cannot be told.

    Counts down by itself: it is sent again only when it tells more than that.
    """
    eta_error_seconds: Seconds | None
    """By how much the estimate may be off, either way."""


class BatchCounts(Shown):
    """← How many of a batch's generations stand where: at the beginning and after changes. The latest one wins."""

    type: Literal["batch"]
    topic: BatchTopic
    counts: dict[Status, Count]


class QueueStanding(Queue):
    """← The queue at a glance, as GET /v1/queue answers it. The latest one wins."""

    type: Literal["queue"]
    topic: Literal["queue"]


class Unsubscribed(Shown):
    """← Nothing more comes for this topic."""

    type: Literal["unsubscribed"]
    ref: Reference | None
    topic: str


class Error(Shown):
    """← A frame was not obeyed, and why. The socket stays open unless a close follows."""

    type: Literal["error"]
    ref: Reference | None
    """That of the frame it answers; null when it had none or could not be read."""
    problem: ProblemDocument
