"""What an HTTP answer says: a document, or a problem."""

import json
from typing import Any

from aiohttp import ClientResponse

from api.client.address import Address
from api.client.problem import Problem, reason
from pipeline.errors import Unreachable


async def read_answer(response: ClientResponse, address: Address) -> Any:
    """The answer's JSON document; None for a 204, which has none.

    Raises Problem for a refusal, and Unreachable when it isn't Darkroom that answers.
    """
    if response.status == 204:
        return None
    text = await response.text(errors="replace")
    document = _json(text)
    if response.ok and response.status < 300:
        if document is None:
            raise Unreachable(f"{address.base} answers, but not as Darkroom does. Is DARKROOM_URL right?")
        return document
    raise _problem(response, document)


def problem_from(status: int, body: bytes | bytearray) -> Problem:
    """The problem in a refused handshake's body, or what its status says."""
    document = _json(body.decode(errors="replace"))
    if isinstance(document, dict):
        return Problem.from_document(document, status)
    return Problem(status, reason(status))


def _problem(response: ClientResponse, document: Any) -> Problem:
    if isinstance(document, dict):
        return Problem.from_document(document, response.status)
    moved = response.headers.get("Location")
    detail = f"the server has moved to {moved}; set DARKROOM_URL to it" if moved else None
    return Problem(response.status, reason(response.status), detail)


def _json(text: str) -> Any:
    """The document, or None when the text is none: proxies answer in HTML."""
    try:
        return json.loads(text)
    except ValueError:
        return None
