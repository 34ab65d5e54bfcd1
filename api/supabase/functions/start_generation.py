"""POST /functions/v1/start-generation: the guide's 4.1."""

from starlette.requests import Request

from api.generations.accept import accept
from api.generations.body import read_model
from api.state import state_of
from api.supabase.functions.answers import Answer, answering, caller_of
from schema.wire.http import StartGenerationRequest

ACCEPTED = "Image generation started. You will be notified when complete."


@answering
async def start_generation(request: Request) -> Answer:
    """Accept a generation, and answer at once."""
    identity = await caller_of(request)
    row = await accept(state_of(request), await read_model(request, StartGenerationRequest), identity)
    return {
        "success": True,
        "generation_id": str(row.id),
        "job_id": str(row.id),
        "status": "queued",
        "message": ACCEPTED,
    }
