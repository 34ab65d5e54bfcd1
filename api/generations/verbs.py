"""What an owner may do to a generation: call it off, try it again, delete it."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.generations.aftermath import after_cancel, after_delete, after_retry
from api.generations.doors import identity_of, json_answer, uuid_of
from api.problems import Problem
from api.state import State, state_of
from pipeline.cancel import cancel
from pipeline.delete import delete
from pipeline.errors import NotFound
from pipeline.read import read_generation
from pipeline.resource import as_resource
from pipeline.retry import retry
from pipeline.standing import Standing, read_standing
from schema.statuses import Status


async def cancel_generation(request: Request) -> Response:
    """POST /v1/generations/{id}/cancel: 200 with the resource, also when it was cancelled before."""
    state, generation_id = state_of(request), await _own(request)
    if row := await cancel(state.engine, generation_id):
        await after_cancel(state, [row])
        return json_answer(as_resource(row))
    standing = await _standing(state, generation_id)
    if standing.status != Status.CANCELLED:
        raise Problem("conflict", f"status: it is {standing.status} already, there is nothing to cancel")
    row = await read_generation(state.engine, generation_id)
    if row is None:
        raise NotFound("id: it was deleted just now")
    return json_answer(as_resource(row))


async def retry_generation(request: Request) -> Response:
    """POST /v1/generations/{id}/retry: 202 with the resource, queued again with a fresh allowance of attempts."""
    state, generation_id = state_of(request), await _own(request)
    if row := await retry(state.engine, generation_id):
        await after_retry(state, [row])
        return json_answer(as_resource(row), 202)
    raise Problem("conflict", (await _standing(state, generation_id)).why_not_retried())


async def delete_generation(request: Request) -> Response:
    """DELETE /v1/generations/{id}: 204; the row, its pictures and their objects are gone."""
    state, generation_id = state_of(request), await _own(request)
    gone = await delete(state.engine, generation_id)
    if gone is None:
        raise Problem("conflict", (await _standing(state, generation_id)).why_not_deleted())
    await after_delete(state, [gone])
    return Response(status_code=204)


async def _own(request: Request) -> UUID:
    """The id in the path, when its generation is the asker's to change. Raises NotFound or Problem("forbidden")."""
    identity = await identity_of(request)
    generation_id = uuid_of(request.path_params["id"])
    standing = await read_standing(state_of(request).engine, generation_id) if generation_id else None
    if standing is None or generation_id is None or not identity.may_see(standing.user_id):
        raise NotFound("id: there is no generation with this id, or it is not yours")
    if not identity.may_change(standing.user_id):
        raise Problem("forbidden", "id: it was submitted without an owner; this key may read it and no more")
    return generation_id


async def _standing(state: State, generation_id: UUID) -> Standing:
    standing = await read_standing(state.engine, generation_id)
    if standing is None:
        raise NotFound("id: it was deleted just now")
    return standing
