"""Accepts a generation: one row, one bell. Shared by every door that submits."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from api.auth.identity import Identity
from api.generations.idempotency import body_hash
from api.generations.submission import submission_of
from api.state import State
from pipeline.doorbell import Bell
from pipeline.idempotency import Key, Once, submit_once
from pipeline.moves import as_move
from pipeline.prices import read_prices
from pipeline.submission import foreign_versions
from schema.statuses import Status
from schema.wire.http import GenerationRequest


async def accept(
    state: State, request: GenerationRequest, identity: Identity, generation_id: UUID | None = None
) -> Row[Any]:
    """Commit the request as a row, then ring. When this returns, the generation cannot be lost.

    `generation_id`: the id that it shall have. Raises TooMany and BudgetSpent by the user's limits; SQLAlchemy's
    IntegrityError when another one has that id.
    """
    submission = await _submission(state, request, identity)
    if generation_id is not None:
        submission["id"] = generation_id
    row = await state.submissions.submit(submission, limited=await state.limits.bind(identity.user_id))
    await _announce(state, row)
    return row


async def accept_once(state: State, request: GenerationRequest, identity: Identity, key: str) -> Once:
    """As `accept`, once a day for the same `key` of the same user. Raises KeyReused and NotFound as `submit_once`."""
    submission = await _submission(state, request, identity)
    named = Key(identity.user_id or "", key, body_hash(request))
    limited = await state.limits.bind(identity.user_id)
    made = await submit_once(state.engine, named, submission, limited=limited)
    if not made.replayed:
        await _announce(state, made.row)
    return made


async def _submission(state: State, request: GenerationRequest, identity: Identity) -> dict[str, Any]:
    prices = await read_prices(state.engine, foreign_versions([request]))
    return submission_of(request, identity, state.guard, state.providers, prices)


async def _announce(state: State, row: Row[Any]) -> None:
    if row.status == Status.QUEUED:
        await state.doorbell.hand_over(Bell.START)
    state.notices.note([as_move(row)])
