"""No accepted request makes an invalid provider call: the doors and the catalogue against the models' own pages.

The catalogue (`pipeline/models`) and the pages (`pipeline/providers/painter/pages`) were written down apart from each
other; neither is read from the other.
"""

import sys
from collections.abc import Callable, Collection
from typing import Any

import orjson
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from api.auth.identity import Identity
from api.generations.submission import submission_of
from api.models import model_list
from pipeline.egress import Guard
from pipeline.errors import Invalid
from pipeline.models import Family, family_of, models, version_of
from pipeline.models.sheet import Field, Sides
from pipeline.providers import PROVIDERS
from pipeline.providers.painter.api.fal.asked import read_order as read_fal
from pipeline.providers.painter.api.openai.asked import read_order as read_openai
from pipeline.providers.painter.order import Order, read_order
from pipeline.providers.painter.pages import PAGES
from pipeline.providers.painter.pages.fal import FAL_PAGES
from pipeline.providers.painter.pages.openai import OPENAI_PAGES
from pipeline.providers.painter.problems import Problem
from schema.wire.http import GenerationRequest, StartGenerationRequest
from schema.wire.model import ModelField

SOMEBODY = Identity("somebody", "user")
RUN = settings(max_examples=500, deadline=None)
MODELS = {model.id: model for model in model_list().items if model.id}
STYLED = [model.fields["style"] for model in MODELS.values() if "style" in model.fields]
STYLES = sorted({style for field in STYLED for style in field.choices or []})
SOURCE = "https://example.org/cat.png"
RATIOS = st.sampled_from(["1:1", "16:9", "9:16", "3:2", "2:3", "4:5", "2.39:1", "21:9"])
"""What a model takes that can have any size."""
# Half a surrogate pair and NUL are refused before any model is asked.
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def asked_of(provider: str, model: str, inputs: dict[str, Any]) -> Order:
    """What a provider makes of an input. Raises Problem when it refuses it."""
    match provider:
        case "replicate":
            if version := version_of(model):
                return read_order(orjson.dumps({"version": version, "input": inputs}), None)
            return read_order(orjson.dumps({"input": inputs}), model)
        case "fal":
            return read_fal(orjson.dumps(inputs), model, None)
        case _:
            return read_openai(orjson.dumps({"model": model, **inputs}))


def check_call(request: GenerationRequest, providers: Collection[str] = tuple(PROVIDERS)) -> dict[str, Any]:
    """Check that every provider on the way of an accepted request takes what it makes of itself; the first one's input.

    Raises Invalid when the request is refused.
    """
    row = submission_of(request, SOMEBODY, Guard(), providers)
    first = {name: row[name] for name in ("provider", "input")} | {"model": row["provider_model"]}
    for stop in row["stops"] or [first]:
        order = asked_of(stop["provider"], stop["model"] or request.model_id, stop["input"])
        assert order.picture.count == request.num_outputs or request.forgiving
        # Nothing that was asked for is dropped: a seed stands in every input, and the prompt.
        assert stop["input"]["prompt"] == request.prompt
        assert request.forgiving or request.seed in (None, stop["input"].get("seed"))
    inputs: dict[str, Any] = row["input"]
    return inputs


def refused_field(request: GenerationRequest, providers: Collection[str] = tuple(PROVIDERS)) -> str | None:
    """The field for which a request is refused; None for one that is accepted, and makes valid calls."""
    try:
        check_call(request, providers)
    except Invalid as refused:
        return refused.field
    return None


def values(field: ModelField) -> st.SearchStrategy[Any]:
    """Everything that a field's description allows, its limits first of all."""
    if field.choices:
        return st.sampled_from(field.choices)
    if field.type == "string":
        most = field.max_length or 4_000
        return st.one_of(WORDS.filter(str.strip), st.just("x" * most))
    low, high = field.minimum, field.maximum
    assert low is not None
    assert high is not None
    if field.type == "integer":
        step = field.multiple_of or 1
        first, last = -(-int(low) // step), int(high) // step
        return st.one_of(st.sampled_from([first, last]), st.integers(first, last)).map(lambda number: number * step)
    return st.one_of(st.sampled_from([float(low), float(high)]), st.floats(low, high))


@st.composite
def documented(draw: st.DrawFn) -> dict[str, Any]:
    """A request that keeps to what GET /v1/models says of its model."""
    model = draw(st.sampled_from(sorted(MODELS)))
    fields = MODELS[model].fields
    wanted = draw(st.sets(st.sampled_from(sorted(fields)))) - {"source_image_url"}
    if "aspect_ratio" in wanted:
        wanted -= {"width", "height"}
    request = {
        name: draw(RATIOS if name == "aspect_ratio" and not fields[name].choices else values(fields[name]))
        for name in sorted(wanted | {"prompt"})
    }
    if "source_image_url" in fields and ("strength" in wanted or draw(st.booleans())):
        request["source_image_url"] = SOURCE
    return {"model_id": model, **request}


@st.composite
def wild(draw: st.DrawFn) -> dict[str, Any]:
    """A request that keeps to the limits of every request, whatever its model may say."""
    sides = st.one_of(st.sampled_from([64, 256, 512, 1024, 1440, 2048, 4096]), st.integers(64, 4096))
    optional: dict[str, st.SearchStrategy[Any]] = {
        "negative_prompt": WORDS,
        "width": sides,
        "height": sides,
        "aspect_ratio": RATIOS,
        "num_inference_steps": st.integers(1, 500),
        "guidance_scale": st.floats(0, 50),
        "seed": st.integers(0, 2**53 - 1),
        "source_image_url": st.just(SOURCE),
        "strength": st.floats(0, 1),
        "style": st.sampled_from([*STYLES, "baroque"]),
        "num_outputs": st.integers(1, 4),
    }
    asked = st.fixed_dictionaries(
        {"model_id": st.sampled_from(sorted(MODELS)), "prompt": WORDS.filter(str.strip)}, optional=optional
    )
    return draw(asked)


def test_every_model_of_the_catalogue_has_a_page() -> None:
    assert MODELS.keys() == models().keys()
    pages = {"replicate": PAGES, "fal": FAL_PAGES, "openai": OPENAI_PAGES}
    called: dict[str, set[str]] = {name: set() for name in PROVIDERS}
    for model_id, family in models().items():
        called[family.provider].add(family.provider_models.get(model_id, model_id))
        for route in family.routes:
            called[route.provider] |= {route.models[model_id]} if model_id in route.models else set()
    assert called == {name: set(page) for name, page in pages.items()}


@RUN
@given(documented())
def test_what_the_list_of_models_allows_is_accepted_and_valid(body: dict[str, Any]) -> None:
    event(body["model_id"])
    check_call(GenerationRequest.model_validate(body))


@RUN
@given(wild())
def test_whatever_is_accepted_is_valid(body: dict[str, Any]) -> None:
    field = refused_field(GenerationRequest.model_validate(body))
    event("refused" if field else "accepted")
    assert field is None or field in body


@RUN
@given(wild(), st.sets(st.sampled_from(sorted(PROVIDERS)), min_size=1))
def test_whatever_is_accepted_is_valid_whoever_is_set_up(body: dict[str, Any], providers: set[str]) -> None:
    field = refused_field(GenerationRequest.model_validate(body), providers)
    event("refused" if field else "accepted")
    assert field is None or field in body


@RUN
@given(wild())
def test_whatever_the_old_door_accepts_is_valid(body: dict[str, Any]) -> None:
    # What is refused: the one thing that is never left out in silence.
    assert refused_field(StartGenerationRequest.model_validate(body)) in (None, "source_image_url")


def widened(family: Family, name: str, **limits: Any) -> Family:
    """The family with one field's limits changed, as a slip in its sheet would."""
    field = Field.model_validate({**family.fields[name].model_dump(), **limits})
    return family.model_copy(update={"fields": {**family.fields, name: field}})


def rerouted(family: Family, **changed: Any) -> Family:
    """The family with something changed in its first route."""
    first, *others = family.routes
    return family.model_copy(update={"routes": (first.model_copy(update=changed), *others)})


SLIPS: dict[str, Callable[[Family], Family]] = {
    "a limit too wide": lambda family: widened(family, "num_inference_steps", maximum=51),
    "another name": lambda family: widened(family, "num_inference_steps", input="steps"),
    "a number as text": lambda family: family.model_copy(update={"fixed": {"output_quality": "90"}}),
    "a route's input too many": lambda family: rerouted(family, fixed={"output_quality": 90}),
    "a route without an input": lambda family: rerouted(family, sides=Sides(input="size")),
    "an input too many": lambda family: family.model_copy(update={"fixed": {"safety_tolerance": 2}}),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_sheet_is_noticed(monkeypatch: pytest.MonkeyPatch, slip: str) -> None:
    model_id = "black-forest-labs/flux-dev"
    slipped = SLIPS[slip](family_of(model_id, None))
    monkeypatch.setattr(sys.modules["pipeline.models.catalogue"], "models", lambda: {model_id: slipped})
    steps = int(slipped.fields["num_inference_steps"].maximum or 0)
    with pytest.raises(Problem):
        check_call(GenerationRequest(prompt="x", model_id=model_id, num_inference_steps=steps))
