"""Frames held against /asyncapi.json, so that the document cannot drift from what the server sends."""

from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from starlette.datastructures import URL

from api.asyncapi.document import MESSAGES, document

FORMATS = FormatChecker(["uuid"])


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def check_frame(frame: dict[str, Any]) -> None:
    """Raises AssertionError when the document does not describe the frame, down to its last field."""
    assert frame.get("type") in MESSAGES, f"the document knows no frame like {frame}"
    errors = [f"{error.json_path}: {error.message}" for error in _validators()[frame["type"]].iter_errors(frame)]
    assert not errors, f"{errors} in {frame}"


@cache
def _validators() -> dict[str, Draft7Validator]:
    components = document(URL("http://localhost"))["components"]
    closed = {"components": {"schemas": {name: _closed(schema) for name, schema in components["schemas"].items()}}}
    return {
        name: Draft7Validator({**message["payload"], **closed}, format_checker=FORMATS)
        for name, message in components["messages"].items()
    }


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object without the room for fields to come: what it does not name is an error here."""
    return {"additionalProperties": False, **schema} if "properties" in schema else schema
