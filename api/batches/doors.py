"""The doors of /v1/batches."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from api.batches.accept import accept_batch, announce, batch_of, shown_batch
from api.generations.aftermath import after_cancel
from api.generations.body import read_model
from api.generations.doors import identity_of, json_answer, uuid_of
from api.generations.idempotency import REPLAYED, body_hash, key_of
from api.problems import Problem, headers_of
from api.state import State, state_of
from pipeline.batch import read_batch_of, submit_batch_once
from pipeline.cancel import cancel_batch
from pipeline.errors import NotFound
from pipeline.idempotency import Key
from pipeline.retry import retry_failed
from schema.wire.batch import MAX_BATCH_BYTES, BatchRequest


async def submit(request: Request) -> Response:
    """POST /v1/batches: 202 with the batch and its Location; all of its generations are accepted, or none."""
    state, identity, key = state_of(request), await identity_of(request), key_of(request)
    asked = await read_model(request, BatchRequest, MAX_BATCH_BYTES)
    settings = asked.settings.model_dump(mode="json", exclude_unset=True) if asked.settings else {}
    batch = await batch_of(state, asked.requests(), settings, asked.name, identity)
    if key is None:
        await accept_batch(state, batch, identity)
        return await _shown(state, batch.id, 202, {"Location": f"/v1/batches/{batch.id}"})
    named = Key(identity.user_id or "", key, body_hash(asked))
    limited = await state.limits.bind(identity.user_id)
    made = await submit_batch_once(state.engine, batch, named, limited=limited)
    if isinstance(made, UUID):
        return await _shown(state, made, 202, {"Location": f"/v1/batches/{made}", REPLAYED: "true"})
    await announce(state, made)
    return await _shown(state, batch.id, 202, {"Location": f"/v1/batches/{batch.id}"})


async def show(request: Request) -> Response:
    """GET /v1/batches/{id}: its counts and its generations' ids; somebody else's is a 404."""
    return await _shown(state_of(request), (await _readable(request)).id)


async def cancel(request: Request) -> Response:
    """POST /v1/batches/{id}/cancel: 200 with the batch; whatever of it was not final is called off."""
    state, batch_id = state_of(request), await _own(request)
    await after_cancel(state, await cancel_batch(state.engine, batch_id))
    return await _shown(state, batch_id)


async def retry(request: Request) -> Response:
    """POST /v1/batches/{id}/retry-failed: 202 with the batch; what had failed is queued again, the rest stays.

    As many are, in their order, as the owner's rate and budget have room for; the others stay failed, and Retry-After
    says when the next may be tried. 429 or 402 when there is room for none.
    """
    state, batch_id = state_of(request), await _own(request)
    retried = await retry_failed(state.engine, batch_id)
    await announce(state, retried.rows)
    return await _shown(state, batch_id, 202, headers_of(retried.refusal, 202) if retried.refusal else None)


async def _shown(state: State, batch_id: UUID, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return json_answer(await shown_batch(state, batch_id), status, headers)


async def _readable(request: Request) -> Row[Any]:
    identity, batch_id = await identity_of(request), uuid_of(request.path_params["id"])
    row = await read_batch_of(state_of(request).engine, batch_id) if batch_id else None
    if row is None or not identity.may_see(row.user_id):
        raise NotFound("id: there is no batch with this id, or it is not yours")
    return row


async def _own(request: Request) -> UUID:
    """The id in the path, when its batch is the asker's to change. Raises NotFound or Problem("forbidden")."""
    row = await _readable(request)
    if not (await identity_of(request)).may_change(row.user_id):
        raise Problem("forbidden", "id: it was submitted without an owner; this key may read it and no more")
    batch_id: UUID = row.id
    return batch_id
