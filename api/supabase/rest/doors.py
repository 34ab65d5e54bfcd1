"""The doors of /rest/v1."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from api.auth.identity import Identity
from api.state import state_of
from api.supabase.functions.answers import caller_of
from api.supabase.rest.answers import answering, json_of, page_of
from api.supabase.rest.headers import check_schema, preferences_of, take_range, wants_one
from api.supabase.rest.query.parameters import parameters_of, read_query
from api.supabase.rest.refusals import forbidden, no_method, no_table, not_one
from api.supabase.rest.sql.read import read_sql
from api.supabase.rest.tables import TABLES, Table
from api.supabase.rest.writes.insert import insert_generation
from api.supabase.rest.writes.jobs import update_jobs
from api.supabase.rest.writes.remove import remove_generations, remove_images, remove_jobs
from api.supabase.rest.writes.update import update_generations
from pipeline.statements import fetch, statement

Method = Callable[[Request, Table, Identity], Awaitable[Response]]
METHODS = ["DELETE", "GET", "PATCH", "POST", "PUT"]


@answering
async def show_root(request: Request) -> Response:
    """GET /rest/v1/: what there is. Some ask for it to see whether anybody is at home."""
    await caller_of(request)
    return json_of({"swagger": "2.0", "info": {"title": "Darkroom"}, "paths": {f"/{name}": {} for name in TABLES}})


@answering
async def serve_table(request: Request) -> Response:
    """Every method on a table or view."""
    identity = await caller_of(request)
    check_schema(request)
    name = request.path_params["table"]
    table = TABLES.get(name)
    if table is None:
        raise no_table(name)
    take = _read if request.method in ("GET", "HEAD") else _WRITTEN.get((request.method, name), _refuse)
    return await take(request, table, identity)


async def _read(request: Request, table: Table, identity: Identity) -> Response:
    one, preferences = wants_one(request), preferences_of(request)
    level = read_query(parameters_of(request.scope["query_string"]), table)
    take_range(request, level)
    if request.method == "HEAD":
        # Only counted: nothing of the rows is sent.
        level.selected, level.embeds = [], [embed for embed in level.embeds if embed.inner]
    asked = read_sql(level, identity, one=one, count=preferences.count is not None)
    (found,) = await fetch(state_of(request).reading, statement(asked.sql), **asked.values)
    if one and found.rows != 1:
        raise not_one(found.rows)
    return page_of(
        found.body, one=one, rows=found.rows, total=found.total, first=level.offset, head=preferences.applied
    )


async def _refuse(request: Request, table: Table, identity: Identity) -> Response:
    if request.method not in ("POST", "PATCH", "DELETE"):
        raise no_method(request.method)
    raise forbidden(f"permission denied for table {table.name}", anonymous=identity.role == "anonymous")


_WRITTEN: dict[tuple[str, str], Method] = {
    ("POST", "image_generations"): insert_generation,
    ("PATCH", "image_generations"): update_generations,
    ("DELETE", "image_generations"): remove_generations,
    ("DELETE", "images"): remove_images,
    ("PATCH", "job_queue"): update_jobs,
    ("DELETE", "job_queue"): remove_jobs,
}
