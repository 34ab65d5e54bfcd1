"""Pages of a list, newest first: what a query may ask for, and the cursor behind which the next page begins."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from starlette.datastructures import QueryParams

from schema.input_limits.moment import read_moment
from schema.input_limits.number import read_whole
from schema.input_limits.text import text_limit
from schema.wire.problem import FieldError

LARGEST_PAGE = 100
DEFAULT_PAGE = 20
ASKED = {"limit", "cursor"}
"""What every list takes."""


class Page(NamedTuple):
    """Which page is asked for."""

    limit: int
    before: tuple[datetime, UUID] | None
    """The last one of the page before: when it was made, and its id."""

    def shown(self, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
        """What of the rows, of which one more than `limit` was read, is on it."""
        return rows[: self.limit]

    def next_cursor(self, rows: Sequence[Row[Any]]) -> str | None:
        """For the page behind this one; None when the rows show that there is none."""
        return _cursor(rows[self.limit - 1]) if len(rows) > self.limit else None


def read_page(query: QueryParams, filters: set[str], errors: list[FieldError]) -> Page:
    """The page that a query asks for, beside its `filters`. What is wrong with it is appended to `errors`."""
    known = filters | ASKED
    errors += [FieldError(name, f"unknown; use {', '.join(sorted(known))}") for name in query if name not in known]
    errors += [FieldError(name, broken) for name, value in query.multi_items() if (broken := text_limit(value))]
    limit = read_whole(query["limit"], 1, LARGEST_PAGE) if "limit" in query else DEFAULT_PAGE
    if limit is None:
        errors.append(FieldError("limit", f"must be 1 to {LARGEST_PAGE}"))
    before = _before(query["cursor"]) if "cursor" in query else None
    if "cursor" in query and before is None:
        errors.append(FieldError("cursor", "must be a next_cursor that a list returned"))
    return Page(limit or DEFAULT_PAGE, before)


def _cursor(row: Row[Any]) -> str:
    return base64.urlsafe_b64encode(f"{row.created_at.isoformat()} {row.id}".encode()).decode()


def _before(cursor: str) -> tuple[datetime, UUID] | None:
    try:
        at, _, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        moment = read_moment(at)
        return (moment, UUID(row_id)) if moment.tzinfo else None
    except (ValueError, binascii.Error):
        return None
