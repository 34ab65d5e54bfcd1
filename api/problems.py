"""Problems: every error of ours leaves as an RFC 9457 document, mapped once and here."""

import logging
import math
from collections.abc import Awaitable, Callable

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import BudgetSpent, DarkroomError, Invalid, KeyReused, NotFound, TooMany
from pipeline.outages import AWAY, is_away
from schema.wire.http import OTHER_NAMES
from schema.wire.problem import TITLES, FieldError, problem

log = logging.getLogger(__name__)

Handler = Callable[[Request, Exception], Awaitable[Response]]
RETRY_AFTER_SECONDS = 1
ANSWERED: tuple[type[Exception], ...] = (DarkroomError, ValidationError, DBAPIError, *AWAY)
"""What may go wrong in a request without a mistake of ours; `document_of` has words for each."""


class Problem(DarkroomError):
    """A request that ends in a problem document; `name` is one of schema.wire.problem's."""

    def __init__(self, name: str, detail: str, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.document = problem(name, detail, errors)


def problem_response(document: dict[str, object], headers: dict[str, str] | None = None) -> Response:
    """A problem document as a response."""
    status = document["status"]
    assert isinstance(status, int)
    return Response(orjson.dumps(document), status, headers, media_type="application/problem+json")


def field_errors(error: ValidationError) -> list[FieldError]:
    """What pydantic found, as fields with their limits."""
    found = error.errors(include_url=False, include_input=False)
    return [FieldError(".".join(str(part) for part in item["loc"]) or "(body)", _message(item)) for item in found]


def _message(item: ErrorDetails) -> str:
    if item["type"] == "union_tag_invalid":
        # pydantic's own sentence repeats what came, and that may be anything.
        return f"{item['ctx']['discriminator']} must be one of {item['ctx']['expected_tags']}"
    if item["type"] == "extra_forbidden" and (meant := OTHER_NAMES.get(str(item["loc"][-1]))):
        return f"{item['msg']}; send {meant}"
    return item["msg"].removeprefix("Value error, ")


def invalid(errors: list[FieldError]) -> Problem:
    """The problem of a request whose fields break limits; its detail names them all."""
    detail = "; ".join(f"{error.field}: {error.message}" for error in errors[:10])
    return Problem("invalid-request", detail, errors[:50])


def document_of(error: Exception) -> dict[str, object]:
    """The document for any exception that reaches a door."""
    match error:
        case Problem():
            return error.document
        case ValidationError():
            return invalid(field_errors(error)).document
        case Invalid():
            return invalid([FieldError(error.field, str(error))]).document
        case NotFound():
            return problem("not-found", str(error))
        case KeyReused():
            return problem("idempotency-conflict", str(error))
        case BudgetSpent():
            return problem("payment-required", str(error))
        case TooMany():
            return problem("too-many-requests", str(error))
        case HTTPException(status_code=404):
            return problem("not-found", "no door has this address; /docs lists them all")
        case HTTPException(status_code=405):
            return problem("method-not-allowed", "this address takes other methods; the Allow header names them")
        case _ if is_away(error):
            log.warning("a part does not answer: %s", error)
            return problem(
                "unavailable", "the database, the broker, the store or the provider does not answer; try again shortly"
            )
        case _:
            log.error("unexpected error at a door", exc_info=error)
            return problem("internal", "this is our fault; it has been logged")


def headers_of(error: Exception, status: int) -> dict[str, str]:
    """What an error's answer says beside its document."""
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, TooMany) and error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    if status == TITLES["unavailable"][0]:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == TITLES["unauthorized"][0]:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


async def answer_nobody(_: Request, _error: Exception) -> Response:
    """Starlette's exception handler for a client that left while its body was read: nobody hears this."""
    return Response(status_code=400)


async def answer_problem(_: Request, error: Exception) -> Response:
    """Starlette's exception handler for everything."""
    document = document_of(error)
    status = document["status"]
    assert isinstance(status, int)
    return problem_response(document, headers_of(error, status))
