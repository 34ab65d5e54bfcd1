"""A write as it was asked for: which rows, with what in the body, and what is to be answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.auth.identity import Identity
from api.state import State, state_of
from api.supabase.rest.answers import content_range, json_of
from api.supabase.rest.headers import LIST, OBJECT, Preferences, preferences_of, wants_one
from api.supabase.rest.limits import MOST_ROWS, MOST_WRITTEN
from api.supabase.rest.query.nouns import Comparison, Level, Selected
from api.supabase.rest.query.parameters import parameters_of, read_query
from api.supabase.rest.refusals import (
    Refusal,
    forbidden,
    no_resolution,
    no_written_column,
    not_one,
    too_much,
)
from api.supabase.rest.sql.read import matched_sql, read_sql
from api.supabase.rest.tables import Table
from pipeline.statements import fetch, statement

_ID = "the id"
"""No name in a request has a space in it."""


@dataclass(frozen=True)
class Asked:
    """One write."""

    state: State
    identity: Identity
    table: Table
    level: Level
    """What of the rows is shown, and the filters that they match."""
    one: bool
    preferences: Preferences

    async def matched(self, verb: str) -> list[UUID]:
        """The rows that match, of those that this key may change. Raises Refusal for too many, and without a filter.

        Without one it would be all rows: the old project refused that, too.
        """
        if not self.level.conditions:
            raise Refusal(400, "21000", f"{verb} requires a WHERE clause")
        asked = self.preferences.max_affected
        most = MOST_WRITTEN if asked is None else min(asked, MOST_WRITTEN)
        sql, values = matched_sql(self.level, self.identity, most + 1)
        rows = await fetch(self.state.reading, statement(sql), **values)
        if len(rows) > most:
            raise Refusal(
                400,
                "PGRST124",
                "Query result exceeds max-affected preference constraint",
                f"The query affects more than {most} rows",
            )
        if self.one and len(rows) != 1:
            raise not_one(len(rows))
        return [row.id for row in rows]

    async def shown(self, ids: Sequence[UUID]) -> str:
        """These rows as JSON, or the one, with what was selected of them."""
        those = Comparison("id", "in", tuple(str(one) for one in ids))
        level = replace(self.level, conditions=[those], limit=MOST_ROWS, offset=0)
        sql, values = read_sql(level, self.identity, one=self.one, count=False)
        (found,) = await fetch(self.state.reading, statement(sql), **values)
        body: str = found.body
        return body

    async def as_they_are(self, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
        """These rows by their ids, with what was selected of them: for those that will not be there to be read."""
        level = replace(self.level, selected=[*self.level.selected, Selected("id", _ID)])
        rows = orjson.loads(await replace(self, level=level, one=False).shown(ids))
        return {UUID(row.pop(_ID)): row for row in rows}

    def answer(self, body: str | None, rows: int, *, made: bool = False) -> Response:
        """The answer: with the rows, when they are wanted; `made` by this write."""
        headers = dict(self.preferences.applied)
        if self.preferences.count:
            headers["Content-Range"] = content_range(0, rows, rows)
        if body is None:
            return Response(None, 201 if made else 204, headers)
        kind = OBJECT if self.one else LIST
        return Response(body, 201 if made else 200, headers, media_type=f"{kind}; charset=utf-8")

    @property
    def wants_rows(self) -> bool:
        """Whether the rows are to be shown."""
        return self.preferences.returned == "representation"


def read_asked(request: Request, table: Table, identity: Identity) -> Asked:
    """What a request asks to write, but for its body. Raises Refusal."""
    one, preferences = wants_one(request), preferences_of(request)
    parameters = parameters_of(request.scope["query_string"])
    if preferences.resolution or any(key == "on_conflict" for key, _ in parameters):
        raise no_resolution()
    if preferences.rolls_back:
        raise too_much("tx=rollback", "a write cannot be tried only")
    for key, _ in parameters:
        if key in ("limit", "offset"):
            raise too_much(key, "is not taken by a write")
    return Asked(state_of(request), identity, table, read_query(parameters, table), one, preferences)


def empty(asked: Asked) -> Response:
    """The answer of a write that matched nothing."""
    return json_of([]) if asked.wants_rows else asked.answer(None, 0)


def check_known(asked: Asked, body: dict[str, Any], taken: frozenset[str]) -> None:
    """Whether every column in the body is there, and may be written. Raises Refusal."""
    for name in body:
        if name not in asked.table.columns:
            raise no_written_column(asked.table.name, name)
        if name not in taken:
            message = f"permission denied for column {name} of table {asked.table.name}"
            raise forbidden(message, anonymous=asked.identity.role == "anonymous")
