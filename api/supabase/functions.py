"""The old edge functions' doors, to the letter: what the apps sent and what they got back."""

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.auth.authenticator import bearer
from api.generations.accept import accept
from api.generations.body import read_model
from api.problems import Problem, document_of
from api.state import state_of
from pipeline.errors import BudgetSpent, Invalid, TooMany
from schema.wire.http import StartGenerationRequest

ACCEPTED = "Image generation started. You will be notified when complete."


async def start_generation(request: Request) -> Response:
    """POST /functions/v1/start-generation: the guide's 4.1. Errors are `{success: false, error}`, as apps expect."""
    state = state_of(request)
    try:
        # A publishable key comes as `apikey`, sometimes with no Authorization at all.
        key = bearer(request.headers.get("authorization")) or request.headers.get("apikey")
        identity = await state.authenticator.identify(key)
        row = await accept(state, await read_model(request, StartGenerationRequest), identity)
    except (Problem, Invalid, ValidationError, TooMany, BudgetSpent) as error:
        document = document_of(error)
        status = document["status"]
        assert isinstance(status, int)
        return _json({"success": False, "error": document["detail"]}, 400 if status == 422 else status)
    return _json(
        {
            "success": True,
            "generation_id": str(row.id),
            "job_id": str(row.id),
            "status": "queued",
            "message": ACCEPTED,
        }
    )


def _json(content: dict[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
