"""How `/rest/v1` answers: pages, rows that were written, refusals, and the database's own complaints."""

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import orjson
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response

from api.auth.tokens import EXPIRED
from api.problems import ANSWERED, RETRY_AFTER_SECONDS, document_of, headers_of
from api.supabase.rest.headers import LIST, OBJECT
from api.supabase.rest.refusals import Refusal, out_of_range
from pipeline.outages import is_away

log = logging.getLogger(__name__)

Door = Callable[[Request], Awaitable[Response]]
_CANCELED = "57014"
"""Postgres's statement_timeout. No outage: the same again would take as long."""
_TAKEN = "23505"
_NOT_THERE = "55000"
_CODES = {
    400: "PGRST102",
    401: "PGRST301",
    402: "53400",
    403: "42501",
    404: "P0002",
    409: "23505",
    413: "54000",
    422: "22023",
    429: "53400",
}
"""For what the doors behind this one say, by their status."""


def answering(function: Door) -> Door:
    """A door whose errors leave in PostgREST's shape."""

    @wraps(function)
    async def door(request: Request) -> Response:
        try:
            return await function(request)
        except ANSWERED as error:
            return _refused(error)

    return door


def page_of(body: str, *, one: bool, rows: int, total: int | None, first: int, head: dict[str, str]) -> Response:
    """A page that was read, with its place among all. Raises Refusal when it begins behind the last row."""
    if total is not None and first > total:
        raise out_of_range(f"An offset of {first} was requested, but there are only {total} rows.")
    partly = total is not None and rows < total
    return Response(
        body,
        206 if partly else 200,
        {**head, "Content-Range": content_range(first, rows, total), "Range-Unit": "items"},
        media_type=f"{OBJECT if one else LIST}; charset=utf-8",
    )


def content_range(first: int, rows: int, total: int | None) -> str:
    """The header's value: which rows, of how many where that was counted."""
    return f"{f'{first}-{first + rows - 1}' if rows else '*'}/{'*' if total is None else total}"


def json_of(content: Any, status: int = 200, headers: dict[str, str] | None = None, *, kind: str = LIST) -> Response:
    """Any other answer; moments and ids as text."""
    body = orjson.dumps(content, default=str)
    return Response(body, status, headers, media_type=f"{kind}; charset=utf-8")


def _refused(error: Exception) -> Response:
    if isinstance(error, Refusal):
        return json_of(error.document, error.status)
    if isinstance(error, DBAPIError) and (said := _said(error)) is not None:
        return json_of(said[1], said[0])
    if is_away(error):
        log.warning("a part does not answer: %s", error)
        away = _shaped("PGRST001", "Database client error. Retrying the connection.")
        return json_of(away, 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})
    document = document_of(error)
    status, detail = document["status"], str(document["detail"])
    assert isinstance(status, int)
    headers = headers_of(error, status)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        if detail == EXPIRED:
            return json_of(_shaped("PGRST303", "JWT expired", detail), 401, headers)
    return json_of(_shaped(_CODES.get(status, "XX000"), detail), 400 if status == 422 else status, headers)


def _said(error: DBAPIError) -> tuple[int, dict[str, str | None]] | None:
    """What Postgres says of a value that it cannot read, or of a question that took too long."""
    state = str(getattr(error.orig, "sqlstate", None))
    if state == _CANCELED:
        return 500, _shaped(state, "canceling statement due to statement timeout")
    message = str(getattr(getattr(error.orig, "__cause__", None), "message", "a value cannot be taken"))
    if state == _TAKEN:
        return 409, _shaped(state, message)
    # A value that cannot be read, or a row that is not where the change needs it.
    return (400, _shaped(state, message)) if state[:2] == "22" or state == _NOT_THERE else None


def _shaped(code: str, message: str, details: str | None = None) -> dict[str, str | None]:
    return {"code": code, "details": details, "hint": None, "message": message}
