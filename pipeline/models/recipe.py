"""A recipe: the way from a completed request to the input that one provider's model wants."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import Field as PydanticField

from pipeline.models.sheet import Field, Shape, Sheet, Sides, Tiers

SOURCE = "source_image_url"


class Recipe(Sheet):
    """What a provider's model takes, and by which names."""

    fields: dict[str, Field]
    fixed: dict[str, Any] = PydanticField(default_factory=dict)
    """Inputs that are always the same."""
    several: dict[str, Any] = PydanticField(default_factory=dict)
    """Inputs that go with more than one output."""
    shape: Shape | None = None
    tiers: Tiers | None = None
    sides: Sides | None = None

    def provider_input(self, completed: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider is asked, from a completed request. A source picture stands in it by its address."""
        inputs = {
            field.input: field.converted(completed[name])
            for name, field in self.fields.items()
            if field.input and completed.get(name) is not None
        }
        if self.takes_sources_shape(completed):
            assert self.shape is not None
            inputs[self.shape.input] = self.shape.of_source
        else:
            width, height = completed.get("width"), completed.get("height")
            for chosen in (self.shape, self.tiers, self.sides):
                if chosen is not None:
                    inputs[chosen.input] = chosen.nearest(width or height or 1, height or width or 1)
        if completed["num_outputs"] > 1:
            inputs |= self.several
        return {**inputs, **self.fixed}

    def takes_sources_shape(self, given: Mapping[str, Any]) -> bool:
        """Whether the picture gets the source's own shape: nobody has asked for another."""
        follows = self.shape is not None and self.shape.of_source is not None
        return follows and given.get(SOURCE) is not None and given.get("width") is None and given.get("height") is None

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The fields' values where the caller says nothing."""
        return {name: field.default for name, field in self.fields.items() if field.default is not None}
