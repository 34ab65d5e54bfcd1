"""The doors of /v1/generations."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from api.auth.authenticator import bearer
from api.auth.identity import Identity
from api.gateway.awaiting import await_ends
from api.generations.accept import accept, accept_once
from api.generations.body import read_model
from api.generations.idempotency import REPLAYED, key_of
from api.generations.prefer import APPLIED, preferred_wait
from api.pages import Page, read_page
from api.problems import invalid
from api.state import state_of
from pipeline.errors import NotFound
from pipeline.money import read_cost
from pipeline.queue import read_queue
from pipeline.read import list_generations, read_generation
from pipeline.resource import as_resource
from schema.statuses import Status
from schema.wire.http import GenerationRequest
from schema.wire.problem import FieldError

FILTERS = {"status", "model_id", "batch_id"}


async def identity_of(request: Request) -> Identity:
    """Who sends this request. Raises Problem("unauthorized")."""
    return await state_of(request).authenticator.identify(bearer(request.headers.get("authorization")))


async def submit_generation(request: Request) -> Response:
    """POST /v1/generations: 202 with the resource and its Location; by Idempotency-Key, what the key has made.

    With `Prefer: wait=N` it is answered when the generation has come to its end, 200, or after N seconds as ever.
    """
    state, identity, key = state_of(request), await identity_of(request), key_of(request)
    asked = await read_model(request, GenerationRequest)
    headers = {}
    if key is None:
        row = await accept(state, asked, identity)
    else:
        row, replayed = await accept_once(state, asked, identity, key)
        headers = {REPLAYED: "true"} if replayed else {}
    headers["Location"] = f"/v1/generations/{row.id}"
    # A preference need not be met: when too many wait already, it is answered at once.
    if (seconds := preferred_wait(request)) and not state.waits.is_full:
        headers[APPLIED] = f"wait={seconds}"
        with state.waits.place():
            await await_ends(request, identity, [row.id], seconds)
        row = await read_generation(state.engine, row.id) or row
    over = APPLIED in headers and Status(row.status).is_final
    return json_answer(as_resource(row), 200 if over else 202, headers)


async def show_generation(request: Request) -> Response:
    """GET /v1/generations/{id}; somebody else's is a 404, as is one that never was."""
    identity = await identity_of(request)
    generation_id = uuid_of(request.path_params["id"])
    row = await read_generation(state_of(request).engine, generation_id) if generation_id else None
    if row is None or not identity.may_see(row.user_id):
        raise NotFound("id: there is no generation with this id, or it is not yours")
    return json_answer(as_resource(row))


async def list_own(request: Request) -> Response:
    """GET /v1/generations: newest first, a page at a time."""
    identity = await identity_of(request)
    filters, page = _asked(request)
    rows: list[Row[Any]] = []
    if identity.sees_all or identity.user_id is not None:
        user_id = None if identity.sees_all else identity.user_id
        engine = state_of(request).engine
        rows = list(await list_generations(engine, user_id=user_id, most=page.limit + 1, **filters))
    items = [as_resource(row) for row in page.shown(rows)]
    return json_answer({"items": items, "next_cursor": page.next_cursor(rows)})


async def show_queue(request: Request) -> Response:
    """GET /v1/queue: how many stand where; and what the asker has paid, or with a service key everybody."""
    identity, engine = await identity_of(request), state_of(request).engine
    payer = None if identity.sees_all else identity.user_id or ""
    return json_answer({**await read_queue(engine), "cost": await read_cost(engine, payer)})


def _asked(request: Request) -> tuple[dict[str, Any], Page]:
    query, errors = request.query_params, list[FieldError]()
    page = read_page(query, FILTERS, errors)
    status = query.get("status")
    if status is not None and status not in set(Status):
        errors.append(FieldError("status", f"must be one of {', '.join(Status)}"))
    batch_id = query.get("batch_id")
    if batch_id is not None and uuid_of(batch_id) is None:
        errors.append(FieldError("batch_id", "must be a UUID"))
    if errors:
        raise invalid(errors)
    return {
        "status": Status(status) if status else None,
        "model_id": query.get("model_id"),
        "batch_id": uuid_of(batch_id) if batch_id else None,
        "before": page.before,
    }, page


def uuid_of(value: str) -> UUID | None:
    """The UUID in `value`, or None."""
    try:
        return UUID(value)
    except ValueError:
        return None


def json_answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response; moments and ids as text."""
    return Response(orjson.dumps(content, default=str), status, headers, media_type="application/json")
