"""Accepts a batch: all of its generations or none, one bell. Shared by every door that submits one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.auth.identity import Identity
from api.generations.submission import submission_of
from api.state import State
from pipeline.batch import Batch, read_batch_of, submit_batch
from pipeline.doorbell import Bell
from pipeline.errors import Invalid, NotFound
from pipeline.ids import new_id
from pipeline.moves import as_move
from pipeline.prices import read_prices
from pipeline.submission import foreign_versions
from schema.statuses import Status
from schema.wire.http import GenerationRequest


async def batch_of(
    state: State,
    requests: Sequence[GenerationRequest],
    settings: Mapping[str, Any],
    name: str | None,
    identity: Identity,
) -> Batch:
    """The batch to insert. Raises Invalid, which names the prompt."""
    prices = await read_prices(state.engine, foreign_versions(requests))
    submissions = []
    for index, one in enumerate(requests):
        try:
            submissions.append(submission_of(one, identity, state.guard, state.providers, prices))
        except Invalid as broken:
            raise Invalid(f"prompts.{index}.{broken.field}", str(broken)) from broken
    return Batch(new_id(), identity.user_id, name, settings, submissions)


async def accept_batch(state: State, batch: Batch, identity: Identity) -> None:
    """Commit a batch, then ring. Raises TooMany and BudgetSpent by the user's limits."""
    limited = await state.limits.bind(identity.user_id)
    await announce(state, await submit_batch(state.engine, batch, limited=limited))


async def announce(state: State, rows: Sequence[Any]) -> None:
    """These generations of a batch have just been queued."""
    if any(row.status == Status.QUEUED for row in rows):
        await state.doorbell.hand_over(Bell.START)
    state.notices.note([as_move(row) for row in rows])


async def shown_batch(state: State, batch_id: UUID) -> dict[str, Any]:
    """A batch as its doors show it, with its generations and how many stand where. Raises NotFound."""
    row = await read_batch_of(state.engine, batch_id)
    if row is None:
        raise NotFound("id: there is no batch with this id")
    members = row.generations or []
    counts = {str(each): sum(member["status"] == each for member in members) for each in Status}
    return {**row._mapping, "generations": members, "counts": counts}
