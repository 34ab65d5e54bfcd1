"""`rpc/enqueue_job`: the old guide's function, through the same door as every other submission."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.auth.identity import Identity
from api.generations.accept import accept
from api.generations.aftermath import after_retry
from api.generations.doors import uuid_of
from api.state import State
from api.supabase.rest.refusals import Refusal, impossible
from pipeline.doorbell import Bell
from pipeline.retry import RETRIED, retry
from pipeline.standing import read_standing
from pipeline.user_ids import complaint_about
from schema.old_design import JOB_TYPES
from schema.statuses import Status
from schema.wire.http import StartGenerationRequest

_OLD_NAMES = {"steps": "num_inference_steps", "generation_strength": "strength"}


class Job(BaseModel):
    """What the function takes."""

    model_config = ConfigDict(strict=True, extra="forbid")

    p_job_type: str
    p_payload: dict[str, Any]
    p_priority: Annotated[int, Field(ge=-100, le=100)] = 0
    p_max_attempts: Annotated[int, Field(ge=1, le=10)] = 3


async def enqueue_job(state: State, identity: Identity, job: Job) -> UUID:
    """The id of the job, which is its generation's. Whoever enqueues it owns it. Raises Refusal."""
    if job.p_job_type not in JOB_TYPES:
        raise Refusal(400, "22023", f"job_type: {job.p_job_type[:40]!r} is not known; there is generate-image")
    if job.p_payload.get("generation_id") is not None:
        return await _again(state, identity, job.p_payload["generation_id"])
    payload = {_OLD_NAMES.get(name, name): value for name, value in job.p_payload.items() if value is not None}
    given = {**payload, "priority": job.p_priority, "max_attempts": job.p_max_attempts}
    made: UUID = (await accept(state, StartGenerationRequest.model_validate(given), _owner(identity, payload))).id
    return made


def _owner(identity: Identity, payload: dict[str, Any]) -> Identity:
    """With the service key, whoever the payload names: the old server enqueued for its users. Raises Refusal."""
    named = payload.get("user_id")
    if not identity.sees_all or not isinstance(named, str):
        return identity
    if complaint := complaint_about(named):
        raise Refusal(400, "22023", f"payload.user_id: {complaint}")
    return identity._replace(user_id=named)


async def _again(state: State, identity: Identity, given: Any) -> UUID:
    """A job for a generation that is there: what is under way goes on, what has failed is tried again."""
    generation_id = uuid_of(given) if isinstance(given, str) else None
    if generation_id is None:
        raise Refusal(400, "22P02", f'invalid input syntax for type uuid: "{str(given)[:40]}"')
    standing = await read_standing(state.engine, generation_id)
    if standing is None or not identity.may_change(standing.user_id):
        raise Refusal(
            404, "P0002", f"payload.generation_id: there is no generation {generation_id}, or it is not yours"
        )
    if standing.status == Status.COMPLETED:
        raise impossible(f"payload.generation_id: generation {generation_id} is completed already")
    if standing.status in RETRIED:
        if (row := await retry(state.engine, generation_id)) is None:
            raise impossible(standing.why_not_retried())
        await after_retry(state, [row])
        return generation_id
    await state.doorbell.hand_over(Bell.START)
    return generation_id
