"""The doors of /v1/webhooks: the log of what was sent, and the secrets that sign it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from api.generations.doors import identity_of, json_answer, uuid_of
from api.pages import Page, read_page
from api.problems import Problem, invalid
from api.state import state_of
from pipeline.doorbell import Bell
from pipeline.errors import NotFound
from pipeline.webhooks.log import list_deliveries, read_delivery, replay
from pipeline.webhooks.secrets import MOST_AT_ONCE, read_secrets, rotate_secret
from schema.delivery_states import DeliveryState
from schema.wire.problem import FieldError

FILTERS = {"generation_id", "state"}
NOT_KEPT = {"Cache-Control": "no-store"}


async def list_own(request: Request) -> Response:
    """GET /v1/webhooks/deliveries: newest first, a page at a time; a service key sees everybody's."""
    identity = await identity_of(request)
    filters, page = _asked(request)
    rows: list[Row[Any]] = []
    if identity.sees_all or identity.user_id is not None:
        user_id = None if identity.sees_all else identity.user_id
        found = await list_deliveries(state_of(request).engine, user_id=user_id, most=page.limit + 1, **filters)
        rows = list(found)
    items = [dict(row._mapping) for row in page.shown(rows)]
    return json_answer({"items": items, "next_cursor": page.next_cursor(rows)})


async def show(request: Request) -> Response:
    """GET /v1/webhooks/deliveries/{id}: with its tries and its payload; somebody else's is a 404."""
    return json_answer(dict((await _own(request))._mapping))


async def send_again(request: Request) -> Response:
    """POST /v1/webhooks/deliveries/{id}/replay: 202; it is sent again with the same id, and its endpoint is enabled."""
    state, delivery_id = state_of(request), (await _own(request)).id
    row = await replay(state.engine, delivery_id)
    if row is None:
        raise NotFound("id: it was forgotten just now")
    await state.doorbell.hand_over(Bell.DELIVER)
    return json_answer(dict(row._mapping), 202)


async def show_secret(request: Request) -> Response:
    """GET /v1/webhooks/secret: the caller's own, made when there is none; and those that still sign beside it."""
    return await _secret(request, await _owner(request))


async def rotate(request: Request) -> Response:
    """POST /v1/webhooks/secret/rotate: a new one; the one so far signs beside it for 24 hours."""
    user_id = await _owner(request)
    if not await rotate_secret(state_of(request).engine, user_id):
        raise Problem(
            "conflict", f"secret: {MOST_AT_ONCE} sign already; rotate again when the oldest of them has ended"
        )
    return await _secret(request, user_id)


async def _secret(request: Request, user_id: str) -> Response:
    current, *previous = await read_secrets(state_of(request).engine, user_id)
    shown = {
        "secret": current.shown,
        "created_at": current.created_at,
        "previous": [{"secret": one.shown, "ends_at": one.ends_at} for one in previous],
    }
    return json_answer(shown, headers=NOT_KEPT)


async def _owner(request: Request) -> str:
    """Whose secret is asked for. Raises Problem("forbidden") for the anonymous key, which is many people's."""
    identity = await identity_of(request)
    if identity.user_id is None:
        raise Problem("forbidden", "secret: a key without an owner has none, and sends no webhooks")
    return identity.user_id


async def _own(request: Request) -> Row[Any]:
    """The delivery in the path, when it is the caller's. Raises NotFound."""
    identity, delivery_id = await identity_of(request), uuid_of(request.path_params["id"])
    row = await read_delivery(state_of(request).engine, delivery_id) if delivery_id else None
    if row is None or not identity.may_see(row.user_id):
        raise NotFound("id: there is no delivery with this id, or it is not yours")
    return row


def _asked(request: Request) -> tuple[dict[str, Any], Page]:
    query, errors = request.query_params, list[FieldError]()
    page = read_page(query, FILTERS, errors)
    state, generation = query.get("state"), query.get("generation_id")
    if state is not None and state not in set(DeliveryState):
        errors.append(FieldError("state", f"must be one of {', '.join(DeliveryState)}"))
    generation_id: UUID | None = uuid_of(generation) if generation is not None else None
    if generation is not None and generation_id is None:
        errors.append(FieldError("generation_id", "must be a UUID"))
    if errors:
        raise invalid(errors)
    return {
        "generation_id": generation_id,
        "state": DeliveryState(state) if state else None,
        "before": page.before,
    }, page
