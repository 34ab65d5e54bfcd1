"""The providers' door: verified, committed, then rung.

Looked at in this order, each before anything of the next: the address's own signature, the headers of the provider's,
the account that they name, the row, the body, and the provider's signature over it. Whoever does not know an address
of ours learns nothing: a wrong one is answered like one of a generation that does not exist.
"""

from typing import NamedTuple
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.callbacks.body import CallbackBody
from api.problems import Problem
from api.state import State, state_of
from pipeline.doorbell import Bell
from pipeline.errors import Forged, NotFound, ProviderUnclear
from pipeline.percent import Heard
from pipeline.providers import Prediction, Provider

TAKEN, NOT_TAKEN = b'{"taken":true}', b'{"taken":false}'
ATTEMPTS = range(1, 2**15)
"""The numbers an attempt can have."""


class Address(NamedTuple):
    """What the address names."""

    provider: Provider
    generation_id: UUID
    attempt: int
    signed: bool


async def receive_callback(request: Request) -> Response:
    """POST /v1/callbacks/{provider}/{generation_id}/{attempt}/{token}.

    200 once the answer is committed, and also when no row takes it any more: the provider need not send it again.
    """
    state = state_of(request)
    address = await _address(request, state)
    provider, generation_id, attempt, signed = address
    body = CallbackBody(request)
    try:
        sender = provider.check_webhook(request.headers)
        known = await state.accounts.is_known(provider, sender)
        known_prediction = None
        # The statement that commits looks at the row, too: before it only what would have to be waited for.
        if not signed or not await body.is_at_hand():
            row = await state.callbacks.expected(generation_id, attempt, provider=provider.name)
            if row is None:
                return _not_expected(signed=signed)
            known_prediction = row.prediction_id
        prediction = await provider.read_webhook(await body.read(), request.headers)
    except Forged as error:
        raise Problem("unauthorized", str(error)) from None
    except ProviderUnclear as error:
        raise Problem("invalid-json", f"body: not a prediction: {error}") from None
    if signed and not known:
        await state.accounts.pin(provider, sender)
    elif not signed and not known and prediction.id != known_prediction:
        # Anybody's, as far as can be told: it may be heard of what the row knows, and bring nothing new.
        return _not_taken()
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


async def _address(request: Request, state: State) -> Address:
    """What the path names. Raises NotFound unless it is an address of ours."""
    path = request.path_params
    provider = state.providers.get(path["provider"])
    if provider is None or not provider.abilities.webhooks:
        raise _unknown()
    try:
        generation_id, attempt = UUID(path["generation_id"]), int(path["attempt"])
    except ValueError:
        raise _unknown() from None
    if attempt not in ATTEMPTS:
        raise _unknown()
    token = path.get("token")
    if token is None:
        ours = await state.addresses.takes_unsigned()
    else:
        ours = await state.addresses.is_ours(provider.name, generation_id, attempt, token)
    if not ours:
        raise _unknown()
    return Address(provider, generation_id, attempt, token is not None)


def _unknown() -> NotFound:
    return NotFound("no provider was given this address")


def _not_expected(*, signed: bool) -> Response:
    if not signed:
        raise _unknown()
    return _not_taken()


def _not_taken() -> Response:
    return Response(NOT_TAKEN, media_type="application/json")
