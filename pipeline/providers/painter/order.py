"""What one create request asks for, checked as Replicate checks it."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from pipeline.providers.painter.asked import read_asked
from pipeline.providers.painter.pages.versions import VERSIONS, model_of
from pipeline.providers.painter.problems import InvalidField, Problem, invalid
from pipeline.providers.painter.size import PictureRequest

EVENTS = frozenset({"start", "output", "logs", "completed"})
DEFAULT_EVENTS = frozenset({"output", "completed"})
"""Without a filter Replicate calls the webhook for new output and at the end."""

KEYS = frozenset({"version", "input", "webhook", "webhook_events_filter", "stream"})
KEYS_OF_MODEL = KEYS - {"version"}

_VERSION = re.compile(r"(?:(?P<model>[\w.-]+/[\w.-]+)(?::(?P<of>[0-9a-f]{64}))?|(?P<alone>[0-9a-f]{64}))")
_NAMELESS = "painter/version"
"""The model's name when only a version's hash was given that the painter does not know."""
_HIDDEN = "hidden"
"""What Replicate shows as version for official models."""


@dataclass(frozen=True, slots=True)
class Order:
    """A create request that passed every check."""

    model: str
    version: str
    input: dict[str, Any]
    webhook: str | None
    events: frozenset[str]
    picture: PictureRequest


def read_order(body: bytes, model: str | None) -> Order:
    """Check a create body; `model` is owner/name when the path gave it. Raises Problem 400, 404 or 422."""
    if model in VERSIONS:
        # A community model has no such address.
        raise Problem(404, "The requested resource could not be found.")
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None
    if not isinstance(asked, dict):
        raise Problem(400, "The body must be a JSON object.")
    complaints: list[InvalidField] = [
        {
            "type": "additional_property_not_allowed",
            "field": "",
            "description": f"Additional property {key} is not allowed",
        }
        for key in asked.keys() - (KEYS_OF_MODEL if model else KEYS)
    ]
    given = asked.get("input")
    if not isinstance(given, dict):
        complaints.append({"type": "required", "field": "input", "description": "input is required"})
        given = {}
    webhook = asked.get("webhook")
    if webhook is not None and not _is_url(webhook):
        complaints.append({"type": "format", "field": "webhook", "description": "Does not match format 'uri'"})
    events = _events(asked.get("webhook_events_filter"), complaints)
    version = _HIDDEN
    if model is None:
        model, version = _model_and_version(asked.get("version"), complaints)
    picture, of_input = read_asked(model, given)
    complaints += of_input
    if complaints:
        raise invalid(complaints)
    return Order(model, version, given, webhook, events, picture)


def _model_and_version(version: object, complaints: list[InvalidField]) -> tuple[str, str]:
    if not isinstance(version, str):
        complaints.append({"type": "required", "field": "version", "description": "version is required"})
        return _NAMELESS, _HIDDEN
    found = _VERSION.fullmatch(version)
    # Of a community model only its versions exist; any other model is taken at its word.
    if found is None or (found["model"] in VERSIONS and found["of"] not in VERSIONS[found["model"]]):
        raise Problem(
            422,
            "The specified version does not exist. Give owner/name, owner/name:version or a version's 64 digits.",
            title="Invalid version or not permitted",
        )
    return found["model"] or model_of(found["alone"]) or _NAMELESS, found["of"] or found["alone"] or _HIDDEN


def _events(given: object, complaints: list[InvalidField]) -> frozenset[str]:
    if given is None:
        return DEFAULT_EVENTS
    if isinstance(given, list) and all(isinstance(one, str) for one in given) and EVENTS.issuperset(given):
        return frozenset(given)
    complaints.append(
        {
            "type": "enum",
            "field": "webhook_events_filter",
            "description": "must be a list of start, output, logs and completed",
        }
    )
    return DEFAULT_EVENTS


def _is_url(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
