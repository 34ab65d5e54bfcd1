"""GET /v1/models: what each model takes, brings and costs, made once from the catalogue and the request's limits."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from api.generations.doors import identity_of
from api.state import state_of
from pipeline.models import ANY, Family, Field, catalogue, models, ratios_of
from pipeline.prices import list_prices
from schema.wire.http import GenerationRequest
from schema.wire.model import Model, ModelField, ModelList, ModelOutput, PricedVersion

_ONE = Field(default=1, maximum=1)
"""The number of outputs of a model that makes one."""


async def show_models(request: Request) -> Response:
    """GET /v1/models: every model of the catalogue, and the versions that the operator has entered."""
    await identity_of(request)
    priced = await list_prices(state_of(request).engine)
    body = _with_versions(priced) if priced else _document()
    return Response(body, media_type="application/json")


def _with_versions(priced: Sequence[Row[Any]]) -> bytes:
    versions = [
        PricedVersion(
            version=row.version,
            name=row.name,
            price=row.usd,
            price_per=row.per,
            price_date=row.updated_at.date(),
            usual_seconds=row.usual_seconds,
        )
        for row in priced
    ]
    return model_list().model_copy(update={"versions": versions}).model_dump_json().encode()


@cache
def model_list() -> ModelList:
    """The catalogue as the wire has it."""
    items = [_model(model_id, family) for model_id, family in models().items()]
    return ModelList(items=items, by_version=_model(None, catalogue()[ANY]), versions=[])


@cache
def _document() -> bytes:
    return model_list().model_dump_json().encode()


def _model(model_id: str | None, family: Family) -> Model:
    price = family.price
    # Whatever the sheet says, a size may be asked for by its ratio, and one picture by its number.
    ratios = Field(choices=ratios_of(family.shape) if family.shape else ())
    always = {"aspect_ratio": ratios, "num_outputs": _ONE}
    taken = {**family.fields, **{name: of for name, of in always.items() if name not in family.fields}}
    return Model(
        id=model_id,
        family=family.name,
        providers=family.providers_of(model_id),
        fields={name: _field(name, field) for name, field in taken.items()},
        output=ModelOutput(
            format=None if family.output.format == "any" else family.output.format, list=family.output.list
        ),
        price=price and price.of(model_id or ""),
        price_per=price and price.per,
        price_date=price and price.date,
        price_source=price and price.source,
        usual_seconds=family.usual_seconds,
    )


def _field(name: str, field: Field) -> ModelField:
    """The tighter one of each limit: the model's, or that of every request."""
    wire = _wire_limits()[name]
    lows = [low for low in (field.minimum, wire.get("minimum")) if low is not None]
    # A limit that the request's schema has as "below" lies one under it, for it is one of whole numbers.
    below = wire["exclusiveMaximum"] - 1 if "exclusiveMaximum" in wire else wire.get("maximum")
    highs = [high for high in (field.maximum, below) if high is not None]
    lengths = [length for length in (field.max_length, wire.get("maxLength")) if length is not None]
    return ModelField(
        type=wire["type"],
        required=name == "prompt",
        default=field.default if field.default is not None else wire.get("default"),
        minimum=max(lows, default=None),
        maximum=min(highs, default=None),
        multiple_of=field.multiple_of,
        max_length=min(lengths, default=None),
        choices=list(field.choices) or None,
    )


@cache
def _wire_limits() -> dict[str, dict[str, Any]]:
    """Each field's JSON Schema in the request, without the null that stands for "not given"."""
    properties: dict[str, dict[str, Any]] = GenerationRequest.model_json_schema()["properties"]
    return {name: _given(schema) for name, schema in properties.items()}


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = schema.get("anyOf", [])
    return next((kind for kind in kinds if kind.get("type") != "null"), schema)
