"""An RFC 9457 problem document, as an exception."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

from pipeline.errors import DarkroomError
from schema.wire.problem import FieldError


class Problem(DarkroomError):
    """The server refused the request, and says why."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str | None = None,
        *,
        type_uri: str = "about:blank",
        errors: tuple[FieldError, ...] = (),
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status = status
        """The HTTP status, also when the problem came over the websocket."""
        self.title = title
        self.detail = detail
        self.type_uri = type_uri
        self.errors = errors

    @classmethod
    def from_document(cls, document: Mapping[str, Any], status: int) -> Self:
        """Read a problem document. `status` (HTTP) stands in when the document has none."""
        status = int(document.get("status") or status)
        return cls(
            status,
            str(document.get("title") or reason(status)),
            document.get("detail"),
            type_uri=str(document.get("type") or "about:blank"),
            errors=tuple(
                FieldError(str(error.get("field", "")), str(error.get("message", "")))
                for error in document.get("errors") or ()
            ),
        )

    @property
    def may_pass(self) -> bool:
        """Whether it is the server that is in trouble, so that asking again later may help."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def document(self) -> dict[str, Any]:
        """The problem as RFC 9457 writes it."""
        document: dict[str, Any] = {"type": self.type_uri, "title": self.title, "status": self.status}
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = [error._asdict() for error in self.errors]
        return document


def reason(status: int) -> str:
    """The phrase that goes with an HTTP status, for answers which bring none of their own."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
