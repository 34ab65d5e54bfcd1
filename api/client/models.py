"""The models as GET /v1/models answers them."""

from typing import TypedDict


class ModelField(TypedDict):
    """A field of a request that a model takes. What is null does not limit."""

    type: str
    required: bool
    default: int | float | str | None
    minimum: float | None
    maximum: float | None
    multiple_of: int | None
    max_length: int | None
    choices: list[str] | None


class ModelOutput(TypedDict):
    """What a model brings."""

    format: str | None
    list: bool


class Model(TypedDict):
    """One model."""

    id: str | None
    family: str
    providers: list[str]
    """Who has it, in the order in which they are asked."""
    fields: dict[str, ModelField]
    output: ModelOutput
    price: float | None
    """US dollars a picture."""
    price_date: str | None
    price_source: str | None
    usual_seconds: float | None


class PricedVersion(TypedDict):
    """A version outside the catalogue whose price the server's operator has entered."""

    version: str
    name: str | None
    price: float
    """US dollars for each `price_per`: a picture or a second."""
    price_per: str
    price_date: str
    usual_seconds: float | None


class Models(TypedDict):
    """The catalogue."""

    items: list[Model]
    by_version: Model
    versions: list[PricedVersion]
