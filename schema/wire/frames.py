"""The websocket's frames, by direction. JSON text."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MAX_FRAME_BYTES = 4_096
MAX_TOKEN_LENGTH = 4_000
"""Characters of a key or token. A JWT carries its user's metadata; one of this length still fits into a frame."""
TOPIC_PATTERN = "^(generations|queue|(generation|batch):[0-9A-Fa-f-]{32,36})$"
"""What a topic's name looks like, for the documents; the gateway reads it, and says more clearly what is wrong."""
MAX_REFERENCE_LENGTH = 64
Reference = Annotated[str, Field(max_length=MAX_REFERENCE_LENGTH)]
Topic = Annotated[str, Field(max_length=100, json_schema_extra={"pattern": TOPIC_PATTERN})]


class _Frame(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True)


class Auth(_Frame):
    """→ Who is there, when neither a header nor `?access_token=` said so; later, a fresher token of the same person."""

    type: Literal["auth"]
    token: Annotated[str, Field(min_length=1, max_length=MAX_TOKEN_LENGTH)]
    """An API key, or a user's JWT."""


class Subscribe(_Frame):
    """→ Follow a topic: everything after the cursor, then live."""

    type: Literal["subscribe"]
    ref: Reference | None = None
    """Anything; the answer repeats it."""
    topic: Topic
    """`generation:<id>`, `batch:<id>`, `generations` (all that are yours) or `queue`."""
    after: int | str | None = None
    """The last `cursor` received on this topic, exactly as it came; null to begin anew."""


class Unsubscribe(_Frame):
    """→ Stop following a topic."""

    type: Literal["unsubscribe"]
    ref: Reference | None = None
    """Anything; the answer repeats it."""
    topic: Topic


ClientFrame = Annotated[Auth | Subscribe | Unsubscribe, Field(discriminator="type")]
client_frame: TypeAdapter[Auth | Subscribe | Unsubscribe] = TypeAdapter(ClientFrame)
"""Reads any frame that a client may send."""

CLOSE_FRAMES = 4400
"""Too many frames that could not be read."""
CLOSE_AUTH = 4401
"""No key, or one that is not let in."""
CLOSE_SLOW = 4408
"""The client does not read fast enough; it may reconnect and resume."""
CLOSE_TOO_MANY = 4429
"""Too many frames at once, or too many anonymous sockets."""
CLOSE_DRAINING = 1012
"""The server is leaving; reconnect after a random while."""


class Close(NamedTuple):
    """What it means that the server closed a socket."""

    meaning: str
    comes_back: bool
    """Whether a client does well to connect again and to resume."""


CLOSES = {
    CLOSE_DRAINING: Close("The server is leaving, or cannot serve now: reconnect after a random pause.", True),
    CLOSE_FRAMES: Close("Too many frames that could not be read: the client has a bug.", False),
    CLOSE_AUTH: Close(
        "No key in time, one that is not let in, one that has expired or was revoked: connect with another key.", False
    ),
    CLOSE_SLOW: Close("The client reads too slowly, and too much waited for it: reconnect and resume.", True),
    CLOSE_TOO_MANY: Close(
        "Too many frames at once, or too many anonymous sockets: reconnect after a longer pause, and send fewer.", True
    ),
}
"""What our close codes mean, for the documents and for the client."""


def subscribed(ref: str | None, topic: str, *, resumed: bool, cursor: str | None = None) -> dict[str, Any]:
    """← The subscription stands; what follows is its stream. A feed's cursor covers the snapshot."""
    frame: dict[str, Any] = {"type": "subscribed", "ref": ref, "topic": topic, "resumed": resumed}
    return frame if cursor is None else {**frame, "cursor": cursor}


def progress(
    topic: str,
    generation_id: str,
    *,
    progress: int | None,
    position: int | None,
    eta_seconds: float | None,
    eta_error_seconds: float | None,
) -> dict[str, Any]:
    """← How it goes on: percent, place in line, seconds to go and their error. The latest wins; any may be skipped.

    Sent again only when it tells more than a client knows that counts down by itself.
    """
    return {
        "type": "progress",
        "topic": topic,
        "id": generation_id,
        "progress": progress,
        "position": position,
        "eta_seconds": eta_seconds,
        "eta_error_seconds": eta_error_seconds,
    }


def batch(topic: str, counts: dict[str, int]) -> dict[str, Any]:
    """← How many of a batch's generations stand where; at most ten times a second, the latest wins."""
    return {"type": "batch", "topic": topic, "counts": counts}


def queue(standing: dict[str, Any]) -> dict[str, Any]:
    """← The queue at a glance, as GET /v1/queue has it; once a second."""
    return {"type": "queue", "topic": "queue", **standing}


def unsubscribed(ref: str | None, topic: str) -> dict[str, Any]:
    """← Nothing more comes for this topic."""
    return {"type": "unsubscribed", "ref": ref, "topic": topic}


def error(ref: str | None, problem: dict[str, Any]) -> dict[str, Any]:
    """← A frame was not obeyed, and why."""
    return {"type": "error", "ref": ref, "problem": problem}
