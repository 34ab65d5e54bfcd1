"""What comes in over HTTP: bodies and their limits."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from schema.input_limits.document import broken_document
from schema.input_limits.moment import read_moment
from schema.input_limits.text import text_limit

MAX_BODY_BYTES = 256 * 1024
MAX_PROMPT = 4_000
MAX_METADATA_BYTES = 4 * 1024
DEFAULT_MODEL = "black-forest-labs/flux-schnell"

_RATIO = r"^[1-9][0-9]{0,4}(\.[0-9]{1,3})?:[1-9][0-9]{0,4}(\.[0-9]{1,3})?$"
_WEB = re.compile(r"https?://[^\s/]+", re.IGNORECASE)


def storable(value: str) -> str:
    """The text, when the database and JSON can hold it. Raises ValueError, which names the limit."""
    if limit := text_limit(value):
        raise ValueError(limit)
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _web_address(value: str) -> str:
    if not _WEB.match(value):
        raise ValueError("must be an http or https address")
    return value


def _ratio(value: str) -> str:
    if not re.fullmatch(_RATIO, value):
        raise ValueError("must be width to height, such as 16:9")
    return value


def _moment(value: Any) -> datetime:
    # Strict fields take no text, and loose ones would take a number of seconds for a moment.
    if not isinstance(value, str):
        raise ValueError("must be a moment in ISO 8601 with its offset, such as 2026-11-23T10:00:00Z")
    return read_moment(value)


def document(most: int) -> BeforeValidator:
    """Takes a JSON object that is kept and shown as it came, of at most `most` bytes."""

    def check(value: Any) -> Any:
        if broken := broken_document(value):
            raise ValueError(str(broken))
        if isinstance(value, dict) and (size := len(orjson.dumps(value))) > most:
            raise ValueError(f"must be at most {most} bytes as JSON, is {size}")
        return value

    # Before pydantic: it copies an object, and what json_body has marked in it would be lost.
    return BeforeValidator(check)


# The limits of length stand before the validators: behind one, pydantic counts "items".
Prompt = Annotated[
    str, Field(min_length=1, max_length=MAX_PROMPT), AfterValidator(storable), AfterValidator(_not_blank)
]
Words = Annotated[str, Field(max_length=MAX_PROMPT), AfterValidator(storable)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable), AfterValidator(_not_blank)]
Style = Annotated[str, Field(max_length=200), AfterValidator(storable)]
Model = Annotated[str, Field(max_length=265, pattern=r"^[\w.-]+/[\w.-]+(:[0-9a-f]{64})?$")]
"""`owner/name`, or `owner/name:version`."""
Ratio = Annotated[str, Field(max_length=20, json_schema_extra={"pattern": _RATIO}), AfterValidator(_ratio)]
Address = Annotated[str, Field(max_length=2_000), AfterValidator(storable), AfterValidator(_web_address)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Document = Annotated[dict[str, Any], document(MAX_METADATA_BYTES)]
Side = Annotated[int, Field(ge=64, le=4096)]


class GenerationRequest(BaseModel):
    """The body of POST /v1/generations. Types are strict: `"512"` is no number, and NaN is none either."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    forgiving: ClassVar[bool] = False
    """Whether what the model does not take is left out and numbers are brought within its limits, or refused."""

    prompt: Prompt
    model_id: Model = DEFAULT_MODEL
    model_version: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    negative_prompt: Words | None = None
    width: Side | None = None
    height: Side | None = None
    aspect_ratio: Ratio | None = None
    """Instead of width and height."""
    num_inference_steps: Annotated[int, Field(ge=1, le=500)] | None = None
    guidance_scale: Annotated[float, Field(ge=0, le=50)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    source_image_url: Address | None = None
    strength: Annotated[float, Field(ge=0, le=1)] | None = None
    style: Style | None = None
    num_outputs: Annotated[int, Field(ge=1, le=4)] = 1
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    scheduled_at: Moment | None = None
    deadline: Moment | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    webhook_url: Address | None = None
    metadata: Document | None = None

    @field_validator("model_version")
    @classmethod
    def _one_version(cls, version: str | None, others: ValidationInfo) -> str | None:
        named = str(others.data.get("model_id", "")).partition(":")[2]
        if named and version is not None and named != version:
            raise ValueError("is another one than model_id has behind its colon; give one of the two")
        return version

    @model_validator(mode="after")
    def _split_version(self) -> Self:
        if ":" in self.model_id:
            self.model_id, _, self.model_version = self.model_id.partition(":")
        return self


class StartGenerationRequest(GenerationRequest):
    """The body of the old POST /functions/v1/start-generation: the same limits, and what it never knew is passed by.

    The old apps send size, steps and guidance to every model, and their server left out what a model did not take.
    """

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)
    forgiving: ClassVar[bool] = True


OTHER_NAMES = {
    "size": "width and height in pixels, or aspect_ratio",
    "image_size": "width and height in pixels, or aspect_ratio",
    "model": "model_id",
    "version": "model_version",
    "n": "num_outputs",
    "num_images": "num_outputs",
    "steps": "num_inference_steps",
    "cfg_scale": "guidance_scale",
    "cfg": "guidance_scale",
    "guidance": "guidance_scale",
    "image": "source_image_url",
    "image_url": "source_image_url",
    "prompt_strength": "strength",
    "webhook": "webhook_url",
}
"""What other services call fields of a generation's request, and what to send here."""
