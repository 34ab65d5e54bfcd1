"""Batches over HTTP: what comes in, and what is shown."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from schema.statuses import Status
from schema.wire.http import GenerationRequest, Name, Prompt, Words
from schema.wire.shown import Count, Shown

MOST_PROMPTS = 100
MAX_BATCH_BYTES = 2 * 2**20
"""A hundred prompts of the longest kind, in a script of four bytes a character."""


class BatchPrompt(BaseModel):
    """One generation of a batch: what differs from the others. A text alone is its prompt."""

    model_config = ConfigDict(strict=True, extra="forbid")

    prompt: Prompt
    negative_prompt: Words | None = None
    seed: Annotated[int, Field(ge=0, lt=2**53)] | None = None


if TYPE_CHECKING:
    BatchSettings = GenerationRequest
else:
    # Whatever a generation may say but its prompt; made from the one model, so the limits stand once.
    BatchSettings = create_model(
        "BatchSettings",
        __config__=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False),
        __doc__="What all generations of a batch share; a prompt's own word goes before it.",
        **{name: (of.annotation, of) for name, of in GenerationRequest.model_fields.items() if name != "prompt"},
    )


def _prompt(given: Any) -> Any:
    return {"prompt": given} if isinstance(given, str) else given


class BatchRequest(BaseModel):
    """The body of POST /v1/batches."""

    model_config = ConfigDict(strict=True, extra="forbid")

    prompts: Annotated[
        list[Annotated[BatchPrompt, BeforeValidator(_prompt)]], Field(min_length=1, max_length=MOST_PROMPTS)
    ]
    settings: BatchSettings | None = None
    name: Name | None = None

    def requests(self) -> list[GenerationRequest]:
        """What each of its generations asks for."""
        shared = self.settings.model_dump(mode="json", exclude_unset=True) if self.settings else {}
        own = (one.model_dump(exclude_none=True) for one in self.prompts)
        return [GenerationRequest.model_validate({**shared, **one}) for one in own]


class BatchMember(Shown):
    """One generation of a batch."""

    id: UUID
    index: Count
    """Its place among the prompts."""
    status: Status


class Batch(Shown):
    """Generations that were submitted together. The counts come from them; nothing else is kept."""

    id: UUID
    name: str | None
    user_id: str | None
    settings: dict[str, Any]
    """What all of them share, as it was asked for."""
    total: Count
    """How many were submitted."""
    created_at: AwareDatetime
    counts: dict[Status, Count]
    """How many stand where; those that were deleted since are missing."""
    generations: list[BatchMember]
    """In the order of their prompts."""
