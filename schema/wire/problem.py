"""Problem documents (RFC 9457), the shape of every error at every door of ours."""

from typing import Any, NamedTuple

from pydantic.json_schema import SkipJsonSchema

from schema.wire.shown import Shown


class FieldError(NamedTuple):
    """One field that breaks a limit, and the limit."""

    field: str
    message: str


TITLES = {
    "invalid-request": (422, "The request breaks a limit"),
    "invalid-json": (400, "The body is not JSON"),
    "too-large": (413, "The body is too large"),
    "unauthorized": (401, "No key, or one that is not let in"),
    "payment-required": (402, "A budget has no money for it"),
    "forbidden": (403, "This key may not do that"),
    "not-found": (404, "There is no such thing here"),
    "conflict": (409, "It stands where this cannot be done"),
    "method-not-allowed": (405, "This door does not take that method"),
    "idempotency-conflict": (409, "The Idempotency-Key came before, with another body"),
    "invalid-frame": (400, "The frame cannot be read"),
    "invalid-topic": (422, "There is no such topic"),
    "too-many-requests": (429, "More than may be submitted in a minute"),
    "too-many-topics": (429, "Too many topics on one socket"),
    "unavailable": (503, "A part Darkroom stands on does not answer"),
    "internal": (500, "Something went wrong inside"),
}
"""Stable names of problems: HTTP status and title. `type` in the document is `/problems/<name>`."""


def problem(name: str, detail: str, errors: list[FieldError] | None = None) -> dict[str, Any]:
    """The document for one of TITLES' names; `errors` names the fields."""
    status, title = TITLES[name]
    document: dict[str, Any] = {"type": f"/problems/{name}", "title": title, "status": status, "detail": detail}
    if errors:
        document["errors"] = [error._asdict() for error in errors]
    return document


class BrokenLimit(Shown):
    """One field that breaks a limit, and the limit, as a document shows them."""

    field: str
    message: str


class ProblemDocument(Shown):
    """A problem document (RFC 9457)."""

    type: str
    """Stable: `/problems/<name>`."""
    title: str
    status: int
    """The HTTP status, also where it comes over a websocket."""
    detail: str
    """For people; it names what was wrong."""
    errors: list[BrokenLimit] | SkipJsonSchema[None] = None
    """The fields that break limits; absent when there are none."""
