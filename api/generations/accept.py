"""Accepts a generation: one row, one bell. Shared by every door that submits."""

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from api.auth.identity import Identity
from api.generations.idempotency import body_hash
from api.generations.submission import submission_of
from api.state import State
from pipeline.doorbell import Bell
from pipeline.idempotency import Key, Once, is_made, submit_once
from pipeline.moves import as_move
from schema.statuses import Status
from schema.wire.http import GenerationRequest


async def accept(
    state: State, request: GenerationRequest, identity: Identity, generation_id: UUID | None = None
) -> Row[Any]:
    """Commit the request as a row, then ring. When this returns, the generation cannot be lost.

    `generation_id`: the id that it shall have. Raises TooMany and BudgetSpent by the user's limits; SQLAlchemy's
    IntegrityError when another one has that id.
    """
    submission = submission_of(request, identity, state.guard, state.providers)
    if generation_id is not None:
        submission["id"] = generation_id
    await state.limits.check(identity.user_id, [submission])
    row = await state.submissions.submit(submission)
    await _announce(state, row)
    return row


async def accept_once(state: State, request: GenerationRequest, identity: Identity, key: str) -> Once:
    """As `accept`, once a day for the same `key` of the same user. Raises KeyReused and NotFound as `submit_once`."""
    submission = submission_of(request, identity, state.guard, state.providers)
    named = Key(identity.user_id or "", key, body_hash(request))
    # What the key has made already is shown again, and takes nothing of anybody's rate or budget.
    await state.limits.check(identity.user_id, [submission], unless=partial(is_made, state.engine, named))
    made = await submit_once(state.engine, named, submission)
    if not made.replayed:
        await _announce(state, made.row)
    return made


async def _announce(state: State, row: Row[Any]) -> None:
    if row.status == Status.QUEUED:
        await state.doorbell.hand_over(Bell.START)
    state.notices.note([as_move(row)])
