"""POST image_generations: a row that an app inserts is a generation that it submits, by the same door as all others."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.auth.identity import Identity
from api.generations.accept import accept
from api.generations.doors import uuid_of
from api.supabase.rest.refusals import Refusal, forbidden
from api.supabase.rest.tables import Table
from api.supabase.rest.writes.asked import Asked, check_known, read_asked
from api.supabase.rest.writes.body import read_row
from pipeline.user_ids import complaint_about
from schema.wire.http import StartGenerationRequest

FIELDS = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "model": "model_id",
    "model_id": "model_id",
    "style": "style",
    "width": "width",
    "height": "height",
    "steps": "num_inference_steps",
    "guidance_scale": "guidance_scale",
    "seed": "seed",
    "source_image_url": "source_image_url",
    "generation_strength": "strength",
    "priority": "priority",
}
"""The columns that say what is to be made, and what each is called in a request. `model_id` goes before `model`."""
_BEGINNING = {
    "status": ("pending", "queued"),
    "retry_count": (0,),
    "progress": (0,),
    "error_message": (),
    "completed_at": (),
    "batch_id": (),
    "batch_index": (),
    "replicate_prediction_id": (),
    "generation_time_seconds": (),
}
"""What a new row has in any case: saying so, or null, is passed by."""
_TAKEN = frozenset({*FIELDS, *_BEGINNING, "id", "user_id", "created_at", "updated_at"})


async def insert_generation(request: Request, table: Table, identity: Identity) -> Response:
    """POST image_generations: 201, with the row where it is wanted."""
    asked = read_asked(request, table, identity)
    body = await read_row(request)
    check_known(asked, body, _TAKEN)
    for name, allowed in _BEGINNING.items():
        if body.get(name) is not None and body[name] not in allowed:
            raise forbidden(f"{name}: the pipeline writes it", anonymous=identity.role == "anonymous")
    owner = _owner(asked, body)
    given = {field: body[name] for name, field in FIELDS.items() if body.get(name) is not None}
    row = await accept(asked.state, StartGenerationRequest.model_validate(given), owner, _id(body))
    return asked.answer(await asked.shown([row.id]) if asked.wants_rows else None, 1, made=True)


def _owner(asked: Asked, body: dict[str, Any]) -> Identity:
    """Whose it will be: the asker's own, or with the service key whoever is named. Raises Refusal."""
    named = body.get("user_id")
    if named is None or named == asked.identity.user_id:
        return asked.identity
    if not asked.identity.sees_all:
        message = f'new row violates row-level security policy for table "{asked.table.name}"'
        raise forbidden(message, anonymous=asked.identity.role == "anonymous")
    if not isinstance(named, str) or (complaint := complaint_about(named)):
        raise Refusal(400, "22023", f"user_id: {complaint if isinstance(named, str) else 'must be a text'}")
    return asked.identity._replace(user_id=named)


def _id(body: dict[str, Any]) -> UUID | None:
    given = body.get("id")
    if given is None:
        return None
    found = uuid_of(given) if isinstance(given, str) else None
    if found is None:
        raise Refusal(400, "22P02", f'invalid input syntax for type uuid: "{str(given)[:40]}"')
    return found
