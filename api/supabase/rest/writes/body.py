"""The body of a write."""

from typing import Any

from starlette.requests import Request

from api.generations.body import parse, read_body
from api.problems import Problem
from api.supabase.rest.refusals import Refusal
from schema.input_limits.document import broken_document


async def read_row(request: Request) -> dict[str, Any]:
    """The one row in the body, alone or as a list of one. Raises Refusal, and Problem for a body that is too large."""
    row = as_object(await read_body(request))
    if broken := broken_document(row):
        raise Refusal(400, "22023", str(broken))
    return row


def as_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, alone or as a list of one. Raises Refusal."""
    try:
        found = parse(body)
    except Problem:
        raise Refusal(400, "PGRST102", "Empty or invalid json") from None
    if isinstance(found, list) and len(found) == 1:
        (found,) = found
    if isinstance(found, list) and len(found) > 1:
        raise Refusal(400, "PGRST102", "one row at a time; many prompts go to functions/v1/batch-generate together")
    if not isinstance(found, dict):
        raise Refusal(400, "PGRST102", "Empty or invalid json", "the body must be a JSON object")
    return found
