"""Error answers in Replicate's shape."""

from typing import TypedDict

import orjson
from aiohttp import web

TITLES = {
    400: "Bad request",
    401: "Unauthenticated",
    402: "Insufficient credit",
    404: "Not found",
    405: "Method not allowed",
    413: "Payload too large",
    422: "Input validation failed",
    429: "Request was throttled",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
}
"""Status code to title, https://replicate.com/docs/reference/http and its clients' error fixtures."""


class InvalidField(TypedDict):
    """One complaint, https://replicate.com/changelog/2024-05-01-improved-validation-for-api-prediction-payloads."""

    type: str
    field: str
    description: str


class Problem(Exception):
    """A request that is answered with `{"title", "detail", "status"}`."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        invalid: list[InvalidField] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title or TITLES.get(status, "Error")
        self.detail = detail
        self.invalid = invalid
        self.retry_after = retry_after
        """Seconds, where the API says them in a header; Replicate says them in words."""

    def response(self) -> web.Response:
        """The answer; `invalid_fields` is there only when fields are to blame."""
        body: dict[str, object] = {"title": self.title, "detail": self.detail, "status": self.status}
        if self.invalid:
            body["invalid_fields"] = self.invalid
        return web.Response(status=self.status, body=orjson.dumps(body), content_type="application/problem+json")


def invalid(fields: list[InvalidField]) -> Problem:
    """The 422 that lists every field that is wrong, one line each."""
    lines = "".join(f"- {one['field'] or 'body'}: {one['description']}\n" for one in fields)
    return Problem(422, lines, invalid=fields)
