"""PATCH job_queue: the old guide's resets, which its view takes as SQL does. With the service key."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.auth.identity import Identity
from api.supabase.rest.refusals import Refusal, forbidden
from api.supabase.rest.tables import Table
from api.supabase.rest.writes.asked import check_known, empty, read_asked
from api.supabase.rest.writes.body import read_row
from pipeline.statements import WANTED, as_json, fetch, statement

_TYPES = {
    "status": "text",
    "attempt_number": "integer",
    "priority": "integer",
    "max_attempts": "integer",
    "error_message": "text",
}
_PASSED_BY = frozenset({"updated_at", "completed_at"})


async def update_jobs(request: Request, table: Table, identity: Identity) -> Response:
    """PATCH job_queue: 204, or 200 with the rows. What the view refuses is refused, for all of them."""
    asked = read_asked(request, table, identity)
    if not identity.sees_all:
        raise forbidden(f"permission denied for view {table.name}", anonymous=identity.role == "anonymous")
    body = await read_row(request)
    check_known(asked, body, _PASSED_BY | _TYPES.keys())
    written = {name: value for name, value in body.items() if name in _TYPES}
    if not written:
        raise Refusal(400, "PGRST102", "Empty or invalid json")
    ids = await asked.matched("UPDATE")
    if not ids:
        return empty(asked)
    await fetch(asked.state.engine, statement(_sql(written)), ids=as_json(ids), body=as_json(written))
    return asked.answer(await asked.shown(ids) if asked.wants_rows else None, len(ids))


def _sql(written: dict[str, Any]) -> str:
    fields = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
    assigned = ", ".join(f"{name} = b.{name}" for name in sorted(written))
    return f"""
        UPDATE job_queue AS j SET {assigned}
        FROM jsonb_to_record(CAST(:body AS jsonb)) AS b({fields})
        WHERE j.id = ANY (ARRAY {WANTED})
        RETURNING j.id
    """
