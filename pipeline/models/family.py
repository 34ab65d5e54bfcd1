"""A family: models that want the same input, and the way from a request to that input."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import Field as PydanticField

from pipeline.errors import Invalid
from pipeline.models.sheet import Field, Output, Price, Shape, Sheet, Tiers

FIELDS = (
    "prompt",
    "negative_prompt",
    "width",
    "height",
    "num_inference_steps",
    "guidance_scale",
    "seed",
    "source_image_url",
    "strength",
    "style",
    "num_outputs",
)
"""The fields of a request that are the model's business."""
SOURCE = "source_image_url"
NOTHING = (None, "")
"""Values that ask for nothing."""


class Family(Sheet):
    """One sheet of the catalogue."""

    name: str
    models: tuple[str, ...]
    """Ids, `owner/name`. A model belongs to the family that names it: nothing is guessed from parts of a name."""
    tells_progress: bool = False
    """Whether its log tells a percentage that is worth hearing: a run takes some seconds."""
    usual_seconds: float | None = None
    """How long one picture usually takes with the defaults."""
    price: Price | None = None
    output: Output
    fields: dict[str, Field]
    fixed: dict[str, Any] = PydanticField(default_factory=dict)
    """Inputs that are always the same."""
    several: dict[str, Any] = PydanticField(default_factory=dict)
    """Inputs that go with more than one output."""
    shape: Shape | None = None
    tiers: Tiers | None = None

    def complete(self, model_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that are the model's business, with its defaults where the caller said nothing.

        Raises Invalid past a limit, and for what the model does not take: a picture made without it would be another
        one than was asked for. What says nothing (None, an empty text, one output) is no request.
        """
        asked = {name: value for name in FIELDS if (value := request.get(name)) not in NOTHING}
        if asked.get("num_outputs") == 1:
            del asked["num_outputs"]
        for name, value in asked.items():
            self._field(name, model_id).check(name, value, model_id)
        if "strength" in asked and SOURCE not in asked:
            raise Invalid("strength", f"{model_id} weighs a source picture by it; give {SOURCE} too, or leave it out")
        completed = {"num_outputs": 1, **self._defaults, **asked}
        if self._takes_sources_shape(asked):
            del completed["width"], completed["height"]
        return completed

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return {name: field.default for name, field in self.fields.items() if field.default is not None}

    def _field(self, name: str, model_id: str) -> Field:
        if name in self.fields:
            return self.fields[name]
        if name == "num_outputs":
            raise Invalid(name, f"{model_id} makes one picture at a time; ask for more generations instead")
        raise Invalid(name, f"{model_id} does not take it; leave it out, or see GET /v1/models for one that does")

    def forgive(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request as the old apps' server took it: what the model does not take is left out, numbers are brought
        within its limits. A source picture stays: without it the picture would be a wrong one.
        """
        kept = dict(request)
        for name in FIELDS:
            if name in ("prompt", SOURCE) or kept.get(name) is None:
                continue
            field = self.fields.get(name)
            kept[name] = field.nearest(kept[name]) if field else None
        if kept.get(SOURCE) is None:
            kept["strength"] = None
        return kept

    def provider_input(self, completed: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider is asked, from a completed request. A source picture stands in it by its address."""
        inputs = {
            field.input: field.converted(completed[name])
            for name, field in self.fields.items()
            if field.input and completed.get(name) is not None
        }
        if self._takes_sources_shape(completed):
            assert self.shape is not None
            inputs[self.shape.input] = self.shape.of_source
        else:
            width, height = completed.get("width"), completed.get("height")
            for chosen in (self.shape, self.tiers):
                if chosen is not None:
                    inputs[chosen.input] = chosen.nearest(width or height or 1, height or width or 1)
        if completed["num_outputs"] > 1:
            inputs |= self.several
        return {**inputs, **self.fixed}

    def _takes_sources_shape(self, given: Mapping[str, Any]) -> bool:
        """Whether the picture gets the source's own shape: nobody has asked for another."""
        follows = self.shape is not None and self.shape.of_source is not None
        return follows and given.get(SOURCE) is not None and given.get("width") is None and given.get("height") is None
