"""The catalogue: what each model family wants as input, read once from the TOML files beside this one."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pipeline.errors import Invalid
from pipeline.models.family import Family
from pipeline.models.recipe import SOURCE
from pipeline.models.route import Route
from pipeline.models.sheet import Field, VersionPrice

ANY = "any"
"""The sheet for models outside the catalogue, which are called by version."""


@cache
def catalogue() -> Mapping[str, Family]:
    """Every family by its name."""
    sheets = sorted((entry for entry in files("pipeline.models").iterdir() if entry.name.endswith(".toml")), key=str)
    families = [Family.model_validate(tomllib.loads(sheet.read_text())) for sheet in sheets]
    return MappingProxyType({family.name: family for family in families})


@cache
def models() -> Mapping[str, Family]:
    """Every model's family by the model's id. Raises ValueError when two families name the same model."""
    found: dict[str, Family] = {}
    for family in catalogue().values():
        for model_id in family.models:
            if model_id in found:
                raise ValueError(f"{model_id} stands in {found[model_id].name} and in {family.name}")
            found[model_id] = family
    return MappingProxyType(dict(sorted(found.items())))


def version_of(model_id: str) -> str | None:
    """The version by which a model is called when the request names none; None where it is called by its name."""
    family = models().get(model_id)
    return family.versions.get(model_id) if family else None


@cache
def versions() -> Mapping[str, str]:
    """The id of each model that a sheet names a version of, by that version."""
    return MappingProxyType(
        {version: model_id for family in catalogue().values() for model_id, version in family.versions.items()}
    )


def is_foreign(model_id: str, model_version: str | None) -> bool:
    """Whether a version is called that is not the model's own: then it is another model, and costs what that costs."""
    return model_version is not None and versions().get(model_version) != model_id


def price_of_version(model_version: str) -> VersionPrice | None:
    """What a version costs that a sheet names, whatever model's name it is called under; None for all others."""
    if (model_id := versions().get(model_version)) is None:
        return None
    family = models()[model_id]
    if family.price is None:
        return None
    own = family.price.model_copy(update={"usd": family.price.of(model_id), "models": {}})
    return VersionPrice(own, family.usual_seconds)


def tells_progress(model_id: str) -> bool:
    """Whether a model's log is worth hearing; of a model outside the catalogue as `any` has it."""
    return models().get(model_id, catalogue()[ANY]).tells_progress


def with_source(model_id: str, provider: str, inputs: Mapping[str, Any], sent: str) -> dict[str, Any]:
    """A provider's input with `sent` in the place of the source picture's address."""
    field = _source_field(model_id, provider)
    return {**inputs, field.input: field.converted(sent)} if field and field.input else dict(inputs)


def without_source(model_id: str, provider: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A provider's input but for the source picture, which the provider may show in another form than it got it."""
    field = _source_field(model_id, provider)
    return {name: value for name, value in inputs.items() if field is None or name != field.input}


def _source_field(model_id: str, provider: str) -> Field | None:
    if (family := models().get(model_id)) is None:
        return None
    recipes: tuple[Family | Route, ...] = (family, *family.routes)
    return next((recipe.fields.get(SOURCE) for recipe in recipes if recipe.provider == provider), None)


def family_of(model_id: str, model_version: str | None) -> Family:
    """The family of a model. Raises Invalid for a model outside the catalogue that is not called by version."""
    if family := models().get(model_id):
        return family
    if model_version:
        return catalogue()[ANY]
    known = ", ".join(models())
    raise Invalid(
        "model_id", f"{model_id!r} is not in the catalogue ({known}); give model_version to call any model by version"
    )
