"""The catalogue: what each model family wants as input, read from the TOML files beside this one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.errors import Invalid


@dataclass(frozen=True)
class Family:
    """Models that want the same input."""

    name: str
    matches: tuple[str, ...]
    input: dict[str, str]
    """The provider's name of an input → the request's field that fills it."""
    defaults: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Field → smallest and largest value, both allowed."""
    fixed: dict[str, Any] = field(default_factory=dict)
    aspect_ratio: dict[str, list[str]] = field(default_factory=dict)
    tells_progress: bool = False
    """Whether its log tells a percentage that is worth hearing: a run takes some seconds."""

    def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request with this family's defaults where the caller said nothing. Raises Invalid past a limit."""
        filled = {**self.defaults, **{name: value for name, value in request.items() if value is not None}}
        for name, (smallest, largest) in self.limits.items():
            value = filled.get(name)
            if value is not None and not smallest <= value <= largest:
                raise Invalid(name, f"{self.name} takes {smallest} to {largest}, not {value}")
        return filled

    def provider_input(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider is asked, from a completed request."""
        inputs = {name: request[source] for name, source in self.input.items() if request.get(source) is not None}
        if self.aspect_ratio:
            inputs["aspect_ratio"] = nearest_ratio(
                request.get("width"), request.get("height"), self.aspect_ratio["choices"]
            )
        return {**inputs, **self.fixed}


def nearest_ratio(width: int | None, height: int | None, choices: list[str]) -> str:
    """The choice `"W:H"` whose shape comes nearest to width × height; square when neither is given."""
    wanted = (width or height or 1) / (height or width or 1)

    def distance(choice: str) -> float:
        across, down = choice.split(":")
        ratio = int(across) / int(down)
        return max(ratio / wanted, wanted / ratio)

    return min(choices, key=distance)


@cache
def catalogue() -> dict[str, Family]:
    """Every family by its name."""
    sheets = (entry for entry in files("pipeline.models").iterdir() if entry.name.endswith(".toml"))
    families = [Family(**tomllib.loads(sheet.read_text())) for sheet in sheets]
    return {family.name: family for family in families}


def tells_progress(model_id: str) -> bool:
    """Whether a model's log is worth hearing; of a model outside the catalogue as `any` has it."""
    known = (family for family in catalogue().values() if model_id in family.matches)
    return next(known, catalogue()["any"]).tells_progress


def family_of(model_id: str, model_version: str | None) -> Family:
    """The family of a model. Raises Invalid for a model outside the catalogue that is not called by version."""
    for family in catalogue().values():
        if model_id in family.matches:
            return family
    if model_version:
        return catalogue()["any"]
    known = sorted(model for family in catalogue().values() for model in family.matches)
    raise Invalid(
        "model_id",
        f"{model_id!r} is not in the catalogue ({', '.join(known)}); give model_version to call any model by version",
    )
