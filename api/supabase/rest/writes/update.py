"""PATCH: a new status, and nothing else. It calls off, or tries again; the rest of a row is the pipeline's to write."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.auth.identity import Identity
from api.generations.aftermath import after_cancel, after_retry
from api.state import State
from api.supabase.rest.refusals import Refusal, forbidden, impossible
from api.supabase.rest.tables import Table
from api.supabase.rest.writes.asked import Asked, check_known, empty, read_asked
from api.supabase.rest.writes.body import read_row
from pipeline.cancel import cancel_many
from pipeline.retry import retry_many
from pipeline.standing import Standing, read_standing
from schema.statuses import Status

_GIVEN_WITH = frozenset({"updated_at", "completed_at", "retry_count", "progress"})
"""What apps write beside a status. Passed by: the pipeline writes them itself."""


class Verb(NamedTuple):
    """What a status in a body stands for."""

    perform: Callable[[State, Sequence[UUID]], Awaitable[set[UUID]]]
    """Does it to those that can; which they were."""
    is_so: frozenset[Status]
    """Where a row stands that needs nothing done."""
    why_not: Callable[[Standing], str]
    columns: frozenset[str]
    """What may be given with it."""


async def _cancel(state: State, ids: Sequence[UUID]) -> set[UUID]:
    rows = await cancel_many(state.engine, ids)
    await after_cancel(state, rows)
    return {row.id for row in rows}


async def _retry(state: State, ids: Sequence[UUID]) -> set[UUID]:
    rows = (await retry_many(state.engine, ids)).rows
    await after_retry(state, rows)
    return {row.id for row in rows}


CANCEL = Verb(
    _cancel,
    frozenset({Status.CANCELLED, Status.FAILED}),
    lambda standing: f"status: it is {standing.status} already, there is nothing to cancel",
    _GIVEN_WITH | {"status", "error_message"},
)
RETRY = Verb(
    _retry,
    frozenset(),
    Standing.why_not_retried,
    _GIVEN_WITH | {"status", "error_message", "replicate_prediction_id", "generation_time_seconds"},
)
VERBS = {"cancelled": CANCEL, "canceled": CANCEL, "failed": CANCEL, "pending": RETRY, "queued": RETRY}


async def update_generations(request: Request, table: Table, identity: Identity) -> Response:
    """PATCH image_generations: 204, or 200 with the rows that stand now as was asked.

    Those that can be changed are; when there are rows and none of them can, it is refused with the reason of the first.
    """
    asked = read_asked(request, table, identity)
    body = await read_row(request)
    verb = _verb(asked, body)
    ids = await asked.matched("UPDATE")
    if not ids:
        return empty(asked)
    changed = await verb.perform(asked.state, ids)
    if len(changed) < len(ids):
        changed |= await _so_already(asked, verb, [one for one in ids if one not in changed], refuse=not changed)
    return asked.answer(await asked.shown(sorted(changed)) if asked.wants_rows else None, len(changed))


def _verb(asked: Asked, body: dict[str, Any]) -> Verb:
    status = body.get("status")
    verb = VERBS.get(status) if isinstance(status, str) else None
    check_known(asked, body, verb.columns if verb else frozenset({"status"}))
    if not body:
        raise Refusal(400, "PGRST102", "Empty or invalid json")
    if verb is None:
        raise forbidden(
            f"status: only {', '.join(VERBS)} may be written; the rest is the pipeline's",
            anonymous=asked.identity.role == "anonymous",
        )
    if verb is RETRY:
        for name in ("error_message", "completed_at", "replicate_prediction_id", "generation_time_seconds"):
            if body.get(name) is not None:
                raise impossible(f"{name}: must be null in a row that is tried again")
    return verb


async def _so_already(asked: Asked, verb: Verb, ids: Sequence[UUID], *, refuse: bool) -> set[UUID]:
    """Those of `ids` that stand as was asked. Raises Refusal when none does and `refuse`."""
    standings = {one: await read_standing(asked.state.engine, one) for one in ids}
    so = {one for one, standing in standings.items() if standing is not None and standing.status in verb.is_so}
    reasons = [verb.why_not(standing) for standing in standings.values() if standing is not None]
    if refuse and not so and reasons:
        raise impossible(reasons[0])
    return so
