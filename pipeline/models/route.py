"""A route: another provider that has a family's models, by its own names, inputs and prices."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import model_validator

from pipeline.models.recipe import Recipe
from pipeline.models.sheet import Price

Provider = Literal["replicate", "fal", "openai"]


class Stop(NamedTuple):
    """One provider on the way of a request, as its row keeps it."""

    provider: str
    model: str | None
    """The provider's own name of the model, where that is another than ours."""
    input: dict[str, Any]
    price: dict[str, float] | None
    estimated_cost: float | None


class Route(Recipe):
    """Where a family's models can be had besides."""

    provider: Provider
    models: dict[str, str]
    """The provider's own name by our model id; a model of the family that does not stand here has no such route."""
    price: Price | None = None
    usual_seconds: float | None = None
    leaves_out: tuple[str, ...] = ()
    """Fields that the caller may ask for and that are left out here: the picture is thought to be good without."""

    @model_validator(mode="after")
    def _no_contradiction(self) -> "Route":
        if both := self.fields.keys() & set(self.leaves_out):
            raise ValueError(f"{', '.join(both)}: taken and left out")
        return self

    def complaint(self, asked: Mapping[str, Any]) -> tuple[str, str] | None:
        """The first field of what the caller `asked` that this route cannot take, and why; None when it takes all."""
        for name, value in asked.items():
            field = self.fields.get(name)
            if field is None and name not in self.leaves_out:
                return name, f"{self.provider} does not take it"
            if field is not None and (limit := field.broken_limit(value)):
                return name, f"{self.provider} takes {limit}"
        return None

    def stop(self, model_id: str, asked: Mapping[str, Any], completed: Mapping[str, Any]) -> Stop:
        """This route's purchase for a request that it takes: `asked` by the caller, `completed` by the family."""
        # What nobody asked for is passed on where it fits; the family's defaults give way to the route's.
        filled = {
            name: value
            for name, value in completed.items()
            if name not in self.defaults and name in self.fields and self.fields[name].broken_limit(value) is None
        }
        given = {"num_outputs": 1, **self.defaults, **filled, **asked}
        for name in self.leaves_out:
            given.pop(name, None)
        if self.takes_sources_shape(asked):
            given.pop("width", None), given.pop("height", None)
        return stop_of(self.provider, self.models[model_id], self.price, self.usual_seconds, model_id, given, self)


def stop_of(
    provider: str,
    model: str | None,
    price: Price | None,
    usual_seconds: float | None,
    model_id: str,
    given: Mapping[str, Any],
    recipe: Recipe,
) -> Stop:
    """The purchase of `given` by a recipe, with what it is thought to cost."""
    inputs = recipe.provider_input(given)
    if price is None:
        return Stop(provider, model, inputs, None, None)
    estimate = price.estimate(model_id, given["num_outputs"], usual_seconds)
    return Stop(provider, model, inputs, price.booked(model_id), estimate)
