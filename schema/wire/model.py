"""The models that can be asked, as GET /v1/models lists them."""

from datetime import date
from typing import Literal

from schema.wire.shown import Count, Shown


class ModelField(Shown):
    """A field of a generation's request that the model takes. Limits are inclusive; what is null does not limit."""

    type: Literal["string", "integer", "number"]
    required: bool
    default: int | float | str | None
    """Taken when the request says nothing; null: the model's own, or a drawn seed."""
    minimum: int | float | None
    maximum: int | float | None
    multiple_of: int | None
    max_length: Count | None
    """Characters."""
    choices: list[str] | None


class ModelOutput(Shown):
    """What a model brings."""

    format: Literal["webp", "png", "svg"] | None
    """Usually; a picture's own `format` is told by its content. Null: the model chooses."""
    list: bool
    """Whether the provider answers with a list of addresses. `images` of a generation is a list in any case."""


class Model(Shown):
    """One model, or every model that is called by version alone."""

    id: str | None
    """What `model_id` takes; null for the models outside the catalogue."""
    family: str
    """Models of one family take the same fields."""
    providers: list[str]
    """Who has it, in the order in which they are asked; without credentials here, or when they cannot take all that a
    request asks for, they are passed over."""
    fields: dict[str, ModelField]
    """A field that is not here is refused with a 422."""
    output: ModelOutput
    price: float | None
    """US dollars for each `price_per`, as of `price_date`; null: unknown."""
    price_per: Literal["picture", "second"] | None
    """A picture with the defaults, or a second that the provider works on one."""
    price_date: date | None
    price_source: str | None
    usual_seconds: float | None
    """How long a picture usually takes with the defaults."""


class PricedVersion(Shown):
    """A version outside the catalogue whose price this server's operator has entered."""

    version: str
    """What `model_version` takes."""
    name: str | None
    """For people: owner/name."""
    price: float
    """US dollars for each `price_per`."""
    price_per: Literal["picture", "second"]
    price_date: date
    usual_seconds: float | None
    """How long a picture usually takes."""


class ModelList(Shown):
    """The catalogue."""

    items: list[Model]
    """By id."""
    by_version: Model
    """Any other model: give `model_version` with its `model_id`. Without a price in `versions`: by a service key."""
    versions: list[PricedVersion]
    """By name."""
