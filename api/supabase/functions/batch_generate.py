"""POST /functions/v1/batch-generate: many prompts with shared settings."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import Request

from api.batches.accept import accept_batch, batch_of, shown_batch
from api.generations.body import read_model
from api.state import state_of
from api.supabase.functions.answers import Answer, answering, caller_of
from schema.wire.batch import MAX_BATCH_BYTES, MOST_PROMPTS
from schema.wire.http import MAX_BODY_BYTES, Name, Prompt, StartGenerationRequest, Words, document


class OldPrompt(BaseModel):
    """One prompt of the old app's list; a text alone is its text."""

    model_config = ConfigDict(strict=True, extra="ignore")

    text: Prompt
    negative_prompt: Words | None = None
    seed: Annotated[int, Field(ge=0, lt=2**53)] | None = None


def _prompt(given: Any) -> Any:
    return {"text": given} if isinstance(given, str) else given


class OldBatchRequest(BaseModel):
    """What the old app sent."""

    model_config = ConfigDict(strict=True, extra="ignore")

    prompts: Annotated[
        list[Annotated[OldPrompt, BeforeValidator(_prompt)]], Field(min_length=1, max_length=MOST_PROMPTS)
    ]
    shared_settings: Annotated[dict[str, Any], document(MAX_BODY_BYTES)] = Field(default_factory=dict)
    batch_name: Name | None = None

    def requests(self) -> list[StartGenerationRequest]:
        """What each of its generations asks for. Raises ValidationError."""
        return [StartGenerationRequest.model_validate({**self.shared_settings, **_own(one)}) for one in self.prompts]


def _own(one: OldPrompt) -> dict[str, Any]:
    own = {"prompt": one.text, "negative_prompt": one.negative_prompt, "seed": one.seed}
    return {name: value for name, value in own.items() if value is not None}


@answering
async def batch_generate(request: Request) -> Answer:
    """Accept the batch, all of it or nothing, and show it."""
    state, identity = state_of(request), await caller_of(request)
    asked = await read_model(request, OldBatchRequest, MAX_BATCH_BYTES)
    batch = await batch_of(state, asked.requests(), asked.shared_settings, asked.batch_name, identity)
    await accept_batch(state, batch, identity)
    return {"success": True, "batch": await shown_batch(state, batch.id)}
