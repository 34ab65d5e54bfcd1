"""Accepts a generation: one row, one bell. Shared by every door that submits."""

from typing import Any

from sqlalchemy import Row

from api.auth.identity import Identity
from api.generations.submission import submission_of
from api.state import State
from pipeline.doorbell import Bell
from pipeline.moves import as_move
from schema.statuses import Status
from schema.wire.http import GenerationRequest


async def accept(state: State, request: GenerationRequest, identity: Identity) -> Row[Any]:
    """Commit the request as a row, then ring. When this returns, the generation cannot be lost."""
    row = await state.submissions.submit(submission_of(request, identity))
    if row.status == Status.QUEUED:
        await state.doorbell.ring(Bell.START)
    state.notices.note([as_move(row)])
    return row
