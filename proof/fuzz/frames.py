"""Frames: what a hostile client sends over either websocket."""

import json
from typing import Any

from hypothesis import strategies as st

from proof.fuzz.hostile import JSON, KNOWN_ID, TEXTS, objects

OURS = "/v1/ws"
OLD_APPS = "/realtime/v1/websocket"
_SUBSCRIBE = {"type": "subscribe", "ref": "1", "topic": f"generation:{KNOWN_ID}", "after": 0}
_FEED = {"type": "subscribe", "ref": "1", "topic": "generations", "after": "a.1.1:ff"}
_BINDING = {"event": "*", "schema": "public", "table": "image_generations", "filter": f"id=eq.{KNOWN_ID}"}
_JOIN: dict[str, Any] = {
    "topic": "realtime:x",
    "event": "phx_join",
    "ref": "1",
    "join_ref": "1",
    "payload": {"config": {"postgres_changes": [_BINDING]}},
}


@st.composite
def _joins(draw: st.DrawFn) -> str:
    """A channel's join, with a hostile binding."""
    column = draw(st.sampled_from(["id", "created_at", "seed", "guidance_scale", "prompt"]))
    operator = draw(st.sampled_from(["eq", "neq", "lt", "gte", "in", "is"]))
    binding = draw(objects({**_BINDING, "filter": f"{column}={operator}.{draw(TEXTS)}"}))
    message = json.dumps({**_JOIN, "payload": {"config": {"postgres_changes": ["binding"]}}})
    return message.replace('"binding"', binding)


ON: dict[str, st.SearchStrategy[str]] = {
    OURS: objects(_SUBSCRIBE) | objects(_FEED) | JSON,
    OLD_APPS: objects(_JOIN) | _joins() | JSON,
}
"""What is sent on each."""
