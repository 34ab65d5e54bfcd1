"""Reads a JSON body within its limits. NaN and Infinity are no JSON; they are named by their field all the same."""

from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from api.body_budget import FREE_BYTES, account_of
from api.problems import Problem, invalid
from schema.input_limits.json_body import BrokenBody, NotJson, read_json
from schema.wire.http import MAX_BODY_BYTES
from schema.wire.problem import FieldError

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """The body's bytes. Raises Problem("too-large") as soon as they pass `limit`, Problem("unavailable") when this
    process holds as much of bodies as it may.
    """
    body, account = bytearray(), account_of(request)
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Problem("too-large", f"body: at most {limit} bytes")
        if (more := len(body) - FREE_BYTES - account.held) > 0 and not account.take_now(more):
            raise Problem("unavailable", "body: many large ones are on their way to this server; send it again shortly")
    return bytes(body)


async def read_model(request: Request, model: type[Model], limit: int = MAX_BODY_BYTES) -> Model:
    """The body as `model`. Raises Problem or pydantic's ValidationError, which name the field and the limit."""
    return model.model_validate(parse(await read_body(request, limit)))


async def read_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises Problem."""
    found = parse(await read_body(request))
    if not isinstance(found, dict):
        raise Problem("invalid-json", "body: must be a JSON object")
    return found


def parse(body: bytes) -> Any:
    """The JSON in a body. Raises Problem("invalid-json"), or "invalid-request" for what no field of it may hold."""
    try:
        return read_json(body)
    except BrokenBody as error:
        raise invalid([FieldError(error.broken.path or "body", error.broken.message)]) from None
    except NotJson as error:
        raise Problem("invalid-json", f"body: not JSON: {error}") from None
