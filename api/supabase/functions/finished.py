"""What the functions that wait for a picture answer with."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from starlette.requests import Request

from api.auth.identity import Identity
from api.gateway.awaiting import await_ends
from api.state import state_of
from api.supabase.functions.answers import Answer
from pipeline.errors import NotFound
from pipeline.read import read_generation
from pipeline.resource import as_resource
from schema.old_design import CANCELLED
from schema.statuses import Status

LONGEST_SECONDS = 120.0
"""How long a call is kept waiting. An edge function ended after 150 s itself.

Source: https://supabase.com/docs/guides/functions/limits
"""


async def finished(request: Request, identity: Identity, generation_id: UUID) -> Row[Any]:
    """The generation when it has come to its end, or as it stands when the time is up. Raises NotFound."""
    await await_ends(request, identity, [generation_id], LONGEST_SECONDS)
    row = await read_generation(state_of(request).engine, generation_id)
    if row is None:
        raise NotFound("generation_id: it was deleted just now")
    return row


def picture_of(row: Row[Any]) -> tuple[int, Answer]:
    """200 with the first picture; 500 with why there is none, 504 while there is none yet."""
    known = {"generation_id": str(row.id)}
    match Status(row.status):
        case Status.COMPLETED:
            first = as_resource(row)["images"][0]
            return 200, {
                "success": True,
                **known,
                "output_url": first["url"],
                "format": first["format"],
                "width": first["width"],
                "height": first["height"],
                "generation_time_seconds": row.generation_time_seconds,
            }
        case Status.FAILED:
            return 500, {"success": False, **known, "error": row.error_message}
        case Status.CANCELLED:
            return 500, {"success": False, **known, "error": CANCELLED}
        case _:
            going_on = f"it is {row.status} after {LONGEST_SECONDS:.0f} s and goes on; its row tells when it is there"
            return 504, {"success": False, **known, "error": going_on}
