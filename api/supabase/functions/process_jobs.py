"""POST /functions/v1/process-jobs: what a cron called once a minute. Here nothing waits for it; it rings, and tells."""

from starlette.requests import Request

from api.auth.identity import Identity
from api.gateway.awaiting import await_ends
from api.state import state_of
from api.supabase.functions.answers import Answer, answering, caller_of
from pipeline.doorbell import Bell
from pipeline.read import read_due, read_generations
from schema.statuses import Status

LONGEST_SECONDS = 55.0
"""A cron that calls every minute must have its answer before it calls again."""
OVERSEER = Identity(None, "service")
"""Jobs are everybody's, and only how many there were is told."""


@answering
async def process_jobs(request: Request) -> Answer:
    """Ring for the jobs that are due, up to as many as run at once, wait for them, and count how they ended."""
    state = state_of(request)
    await caller_of(request)
    with state.job_waits.place():
        due = await read_due(state.engine, state.settings.max_parallel_jobs)
        await state.doorbell.hand_over(Bell.START)
        if due:
            await await_ends(request, OVERSEER, due, LONGEST_SECONDS)
        statuses = [Status(row.status) for row in await read_generations(state.engine, due)]
    processed = sum(status.is_final for status in statuses)
    errors = statuses.count(Status.FAILED)
    return {
        "success": True,
        "processed": processed,
        "errors": errors,
        "message": f"Processed {processed} job(s) with {errors} error(s)",
    }
