"""POST /functions/v1/process-generation: one generation run and awaited, for the project's own servers."""

from typing import Any
from uuid import UUID

from starlette.requests import Request

from api.auth.identity import Identity
from api.generations.accept import accept
from api.generations.body import read_object
from api.generations.doors import uuid_of
from api.problems import Problem
from api.state import State, state_of
from api.supabase.functions.answers import Answer, answering, caller_of
from api.supabase.functions.finished import finished, picture_of
from pipeline.doorbell import Bell
from pipeline.errors import Invalid, NotFound
from pipeline.moves import as_move
from pipeline.read import read_generation
from pipeline.retry import RETRIED, retry
from pipeline.standing import read_standing
from schema.wire.http import StartGenerationRequest


@answering
async def process_generation(request: Request) -> tuple[int, Answer]:
    """Run the generation that the body names, or the one that it describes; answer with its picture."""
    state, identity = state_of(request), await caller_of(request)
    if not identity.sees_all:
        raise Problem("forbidden", "process-generation takes the service key")
    with state.waits.place():
        asked = await read_object(request)
        generation_id = await _named(state, asked) if "generation_id" in asked else await _made(state, identity, asked)
        return picture_of(await finished(request, identity, generation_id))


async def _made(state: State, identity: Identity, asked: dict[str, Any]) -> UUID:
    made: UUID = (await accept(state, StartGenerationRequest.model_validate(asked), identity)).id
    return made


async def _named(state: State, asked: dict[str, Any]) -> UUID:
    """A generation that is there: rung for, and tried again when it had failed."""
    given = asked["generation_id"]
    generation_id = uuid_of(given) if isinstance(given, str) else None
    if generation_id is None:
        raise Invalid("generation_id", "must be a UUID")
    row = await read_generation(state.engine, generation_id)
    if row is None:
        raise NotFound("generation_id: there is no generation with this id")
    if row.status in RETRIED:
        if (again := await retry(state.engine, generation_id)) is None:
            standing = await read_standing(state.engine, generation_id)
            raise Problem("conflict", standing.why_not_retried() if standing else "generation_id: it was deleted")
        state.notices.note([as_move(again)])
    await state.doorbell.hand_over(Bell.START)
    return generation_id
