"""Messages: Phoenix' channel protocol in both of its serialisations. Source: phoenix.js, realtime-js 2.39 to 2.119."""

from enum import Enum
from typing import Any, NamedTuple

import orjson

from api.gateway.frame import Frame, frame_of

Ref = str | int | None
"""A client's number for a message, repeated in its answer exactly as it came."""
LONGEST_REF = 64
LONGEST_TOPIC = 255
PHOENIX = "phoenix"
"""The topic of the socket itself."""


class Version(Enum):
    """How messages are written; what comes in is known by its shape."""

    ONE = "1.0.0"
    """JSON objects; realtime-js up to 2.90 and supabase-py."""
    TWO = "2.0.0"
    """JSON arrays; realtime-js since 2.91."""


class Message(NamedTuple):
    """One that came in."""

    join_ref: Ref
    ref: Ref
    topic: str
    event: str
    payload: dict[str, Any]


class Malformed(Exception):
    """What came is no message; the text says why."""


def read_message(text: str) -> Message:
    """The message in a text frame of either serialisation. Raises Malformed."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON text: {error}") from None
    if isinstance(said, list):
        if len(said) != 5:
            raise Malformed("must be [join_ref, ref, topic, event, payload]")
        said = dict(zip(("join_ref", "ref", "topic", "event", "payload"), said, strict=True))
    if not isinstance(said, dict):
        raise Malformed("must be an object or [join_ref, ref, topic, event, payload]")
    message = Message(
        said.get("join_ref"), said.get("ref"), said.get("topic", ""), said.get("event", ""), said.get("payload") or {}
    )
    for name in ("join_ref", "ref"):
        _check_ref(name, getattr(message, name))
    for name in ("topic", "event"):
        value = getattr(message, name)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TOPIC:
            raise Malformed(f"{name}: must be a string of 1 to {LONGEST_TOPIC} characters")
    if not isinstance(message.payload, dict):
        raise Malformed("payload: must be an object")
    return message


def _check_ref(name: str, value: object) -> None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return
    if not isinstance(value, str) or len(value) > LONGEST_REF:
        raise Malformed(f"{name}: must be null, a number or a string of at most {LONGEST_REF} characters")


def message(
    version: Version, topic: str, event: str, payload: dict[str, Any], *, ref: Ref = None, join_ref: Ref = None
) -> Frame:
    """The frame of a message to a client. What is no answer has no refs: then no client drops it as an old one's."""
    if version is Version.TWO:
        return Frame(orjson.dumps([join_ref, ref, topic, event, payload]))
    return frame_of({"ref": ref, "topic": topic, "event": event, "payload": payload})
