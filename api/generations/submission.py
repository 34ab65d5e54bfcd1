"""From a request to a row: defaults and limits of its model, the provider's input, a seed when none was given."""

import random
from datetime import UTC, datetime
from typing import Any

from api.auth.identity import Identity
from pipeline.errors import Invalid
from pipeline.ids import new_id
from pipeline.models import family_of
from schema.wire.http import GenerationRequest

NOT_YET = {
    "webhook_url": "webhooks are not sent yet; follow the generation over /v1/ws",
    "source_image_url": "image-to-image is not offered yet",
    "strength": "image-to-image is not offered yet",
}
"""Fields of the contract that nothing acts on so far. Refused, because a picture without them would be a wrong one."""
SEEDS = 2**31
"""Seeds drawn here stay below this: every model takes them, and JavaScript reads them exactly."""


def submission_of(request: GenerationRequest, identity: Identity) -> dict[str, Any]:
    """The row to insert. Raises Invalid past a limit of the model, or for what is not offered yet.

    A seed is always drawn: it makes the picture repeatable, and the provider's input unlike any other, so that a
    purchase whose worker died can be found again in the provider's list.
    """
    family = family_of(request.model_id, request.model_version)
    wanted = request.model_dump()
    for name, why in NOT_YET.items():
        if wanted[name] is not None:
            raise Invalid(name, why)
    _check_moments(request)
    if wanted["seed"] is None:
        wanted["seed"] = random.randrange(SEEDS)
    filled = family.complete(wanted)
    return {
        "id": new_id(),
        "user_id": identity.user_id,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": request.model_id,
        "model_id": request.model_id,
        "model_version": request.model_version,
        "style": request.style,
        "width": filled.get("width"),
        "height": filled.get("height"),
        "steps": filled.get("num_inference_steps"),
        "guidance_scale": filled.get("guidance_scale"),
        "seed": filled["seed"],
        "source_image_url": request.source_image_url,
        "generation_strength": request.strength,
        "num_outputs": request.num_outputs,
        "priority": request.priority,
        "max_attempts": request.max_attempts,
        "provider": "replicate",
        "deadline": request.deadline,
        "webhook_url": request.webhook_url,
        "metadata": request.metadata,
        "scheduled_at": request.scheduled_at,
        "input": family.provider_input(filled),
    }


def _check_moments(request: GenerationRequest) -> None:
    if request.deadline is None:
        return
    if request.deadline <= datetime.now(UTC):
        raise Invalid("deadline", "must be in the future")
    if request.scheduled_at is not None and request.scheduled_at >= request.deadline:
        raise Invalid("deadline", "must be later than scheduled_at")
