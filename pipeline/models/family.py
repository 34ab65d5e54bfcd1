"""A family: models that want the same input, and the way from a request to that input."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field as PydanticField

from pipeline.errors import Invalid
from pipeline.models.aspect import size_of
from pipeline.models.recipe import SOURCE, Recipe
from pipeline.models.route import Provider, Route, Stop, stop_of
from pipeline.models.sheet import Field, Output, Price, VersionPrice

FIELDS = (
    "prompt",
    "negative_prompt",
    "width",
    "height",
    "aspect_ratio",
    "num_inference_steps",
    "guidance_scale",
    "seed",
    "source_image_url",
    "strength",
    "style",
    "num_outputs",
)
"""The fields of a request that are the model's business."""
NOTHING = (None, "")
"""Values that ask for nothing."""


class Family(Recipe):
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
    provider: Provider = "replicate"
    """Who is asked first."""
    provider_models: dict[str, str] = PydanticField(default_factory=dict)
    """That provider's own name by the model's id, where it is another."""
    routes: tuple[Route, ...] = ()
    """Who is asked when that one is down or refuses, in this order."""
    versions: dict[str, str] = PydanticField(default_factory=dict)
    """A model's own version, by the model's id. Any other is another model, whatever name it comes under."""

    def complete(self, model_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that are the model's business, with its defaults where the caller said nothing.

        Raises Invalid past a limit, and for what the model does not take: a picture made without it would be another
        one than was asked for. What says nothing (None, an empty text, one output) is no request.
        """
        asked = self.asked(request)
        for name, value in asked.items():
            self._field(name, model_id).check(name, value, model_id)
        if "strength" in asked and SOURCE not in asked:
            raise Invalid("strength", f"{model_id} weighs a source picture by it; give {SOURCE} too, or leave it out")
        completed = {"num_outputs": 1, **self.defaults, **asked}
        if self.takes_sources_shape(asked):
            del completed["width"], completed["height"]
        return completed

    def sized(self, model_id: str, request: Mapping[str, Any], *, forgiving: bool = False) -> dict[str, Any]:
        """The request with the size that its aspect_ratio means, where the model has no such field of its own.

        Raises Invalid for a ratio that the model does not take (`forgiving`: the nearest one is taken), and for one
        beside a size (`forgiving`: the size is).
        """
        ratio = request.get("aspect_ratio")
        if ratio is None or "aspect_ratio" in self.fields:
            return dict(request)
        plain = {name: value for name, value in request.items() if name != "aspect_ratio"}
        if request.get("width") is not None or request.get("height") is not None:
            if forgiving:
                return plain
            raise Invalid("aspect_ratio", "stands for width and height; give either the ratio or the size")
        width, height = size_of(self, model_id, ratio, forgiving=forgiving)
        return {**plain, "width": width, "height": height}

    @staticmethod
    def asked(request: Mapping[str, Any]) -> dict[str, Any]:
        """Those fields of a request that are the model's business and ask for something."""
        asked = {name: value for name in FIELDS if (value := request.get(name)) not in NOTHING}
        if asked.get("num_outputs") == 1:
            del asked["num_outputs"]
        return asked

    def providers_of(self, model_id: str | None) -> list[str]:
        """Who has a model, in the order in which they are asked."""
        return [self.provider, *(route.provider for route in self.routes if model_id in route.models)]

    def stops(
        self, model_id: str, asked: Mapping[str, Any], completed: Mapping[str, Any], providers: Collection[str]
    ) -> list[Stop]:
        """The way of a request: each of `providers` that has the model and takes all that was asked, in order.

        Raises Invalid when there is none.
        """
        found: list[Stop] = []
        complaints: list[tuple[str, str]] = []
        if self.provider in providers:
            model = self.provider_models.get(model_id)
            found.append(stop_of(self.provider, model, self.price, self.usual_seconds, model_id, completed, self))
        for route in self.routes:
            if route.provider not in providers or model_id not in route.models:
                continue
            if complaint := route.complaint(asked):
                complaints.append(complaint)
            else:
                found.append(route.stop(model_id, asked, completed))
        if found:
            return found
        if complaints:
            name, why = complaints[0]
            raise Invalid(name, f"{model_id} cannot be asked for it here: {why}")
        known = ", ".join(dict.fromkeys((self.provider, *(route.provider for route in self.routes))))
        raise Invalid("model_id", f"no provider of {model_id!r} is set up here; it is had from {known}")

    def version_stop(
        self, model_id: str, completed: Mapping[str, Any], price: VersionPrice | None, providers: Collection[str]
    ) -> Stop:
        """The purchase of a version that is none of the catalogue's models. Only Replicate has versions, so no other
        provider would make the same picture.

        Raises Invalid where it is not asked.
        """
        if self.provider != "replicate":
            raise Invalid(
                "model_version", f"{model_id} is had from {self.provider}, which has no versions; leave it out"
            )
        if "replicate" not in providers:
            raise Invalid("model_version", "Replicate, which has versions, is not set up here; leave it out")
        cost, usual_seconds = (price.price, price.usual_seconds) if price else (None, None)
        return stop_of("replicate", None, cost, usual_seconds, model_id, completed, self)

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
