"""The providers' door: verified, committed, then rung."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.generations.body import read_body
from api.problems import Problem
from api.state import State, state_of
from pipeline.doorbell import Bell
from pipeline.errors import Forged, NotFound, ProviderUnclear
from pipeline.percent import Heard
from pipeline.providers import Prediction, Provider

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
    provider, generation_id, attempt = _address(request, state)
    body = await read_body(request, MAX_CALLBACK_BYTES)
    try:
        prediction = await provider.read_webhook(body, request.headers)
    except Forged as error:
        raise Problem("unauthorized", str(error)) from None
    except ProviderUnclear as error:
        raise Problem("invalid-json", f"body: not a prediction: {error}") from None
    if await _note_percent(state, generation_id, attempt, prediction):
        return Response(TAKEN, media_type="application/json")
    told = prediction.record()
    taken = await state.callbacks.commit(generation_id, attempt, prediction.id, told, provider=provider.name)
    if taken and prediction.finished:
        await state.doorbell.hand_over(Bell.COLLECT)
    return Response(TAKEN if taken else NOT_TAKEN, media_type="application/json")


async def _note_percent(state: State, generation_id: UUID, attempt: int, prediction: Prediction) -> bool:
    """Whether it was news of a prediction under way which the row knows. Others are committed: the row learns of it."""
    if prediction.finished or prediction.progress is None:
        return False
    return await state.percents.note(Heard(generation_id, attempt, prediction.id, prediction.progress))


def _address(request: Request, state: State) -> tuple[Provider, UUID, int]:
    path = request.path_params
    provider = state.providers.get(path["provider"])
    try:
        if provider and provider.abilities.webhooks and (attempt := int(path["attempt"])) in ATTEMPTS:
            return provider, UUID(path["generation_id"]), attempt
    except ValueError:
        pass
    raise NotFound("no provider was given this address")
