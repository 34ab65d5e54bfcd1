"""The providers' door: verified, committed, then rung."""

from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.generations.body import read_body
from api.problems import Problem
from api.state import State, state_of
from pipeline.doorbell import Bell
from pipeline.errors import NotFound, ProviderUnclear
from pipeline.percent import Heard
from pipeline.providers import Prediction
from pipeline.providers.replicate.answers import read_prediction

MAX_CALLBACK_BYTES = 8 * 2**20
"""Predictions carry their logs, and sometimes their outputs as data URIs."""
TAKEN, NOT_TAKEN = b'{"taken":true}', b'{"taken":false}'
ATTEMPTS = range(1, 2**15)
"""The numbers an attempt can have."""


async def receive_callback(request: Request) -> Response:
    """POST /v1/callbacks/{provider}/{generation_id}/{attempt}.

    200 once the answer is committed, and also when no row takes it any more: the provider need not send it again.
    """
    state = state_of(request)
    generation_id, attempt = _address(request)
    body = await read_body(request, MAX_CALLBACK_BYTES)
    await state.signatures.verify(body, request.headers)
    try:
        prediction = read_prediction(orjson.loads(body))
    except (orjson.JSONDecodeError, AttributeError, ProviderUnclear) as error:
        raise Problem("invalid-json", f"body: not a prediction: {error}") from None
    if await _note_percent(state, generation_id, attempt, prediction):
        return Response(TAKEN, media_type="application/json")
    taken = await state.callbacks.commit(generation_id, attempt, prediction.id, prediction.record())
    if taken and prediction.finished:
        await state.doorbell.hand_over(Bell.COLLECT)
    return Response(TAKEN if taken else NOT_TAKEN, media_type="application/json")


async def _note_percent(state: State, generation_id: UUID, attempt: int, prediction: Prediction) -> bool:
    """Whether it was news of a prediction under way which the row knows. Others are committed: the row learns of it."""
    if prediction.finished or prediction.progress is None:
        return False
    return await state.percents.note(Heard(generation_id, attempt, prediction.id, prediction.progress))


def _address(request: Request) -> tuple[UUID, int]:
    path = request.path_params
    try:
        if path["provider"] == "replicate" and (attempt := int(path["attempt"])) in ATTEMPTS:
            return UUID(path["generation_id"]), attempt
    except ValueError:
        pass
    raise NotFound("no provider was given this address")
