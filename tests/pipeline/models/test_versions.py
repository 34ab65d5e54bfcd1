"""A version that a sheet names is that model, whoever calls it; every other is another model."""

from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.egress import Guard
from pipeline.errors import Invalid
from pipeline.models.catalogue import catalogue, models, versions
from pipeline.prices import list_prices, read_prices, set_price
from pipeline.submission import foreign_versions, submission_of
from schema.wire.http import GenerationRequest

OWN, FOREIGN = "1" * 64, "2" * 64
SDXL = "stability-ai/sdxl"


@pytest.fixture
def versioned(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogue, with a sheet that names a version."""
    module = import_module("pipeline.models.catalogue")
    named = catalogue()["sdxl"].model_copy(update={"versions": {SDXL: OWN}})
    sheets = {**catalogue(), "sdxl": named}
    monkeypatch.setattr(module, "catalogue", lambda: sheets)
    for one in (models, versions):
        one.cache_clear()
    yield
    monkeypatch.undo()
    for one in (models, versions):
        one.cache_clear()


def row(model_id: str, version: str | None, **given: Any) -> dict[str, Any]:
    """What a user's request becomes."""
    request = GenerationRequest(prompt="a lighthouse", model_id=model_id, model_version=version)
    return submission_of(request, "ada", Guard(), ["replicate", "fal"], needs_price=True, **given)


@pytest.mark.usefixtures("versioned")
def test_the_sheets_own_version_is_the_model() -> None:
    with_it, without = row(SDXL, OWN), row(SDXL, None)
    for name in ("price", "estimated_cost", "route", "provider"):
        assert with_it[name] == without[name]
    assert foreign_versions([GenerationRequest(prompt="p", model_id=SDXL, model_version=OWN)]) == set()


@pytest.mark.usefixtures("versioned")
def test_under_another_name_it_costs_the_same() -> None:
    assert row("somebody/sdxl-again", OWN)["estimated_cost"] == row(SDXL, None)["estimated_cost"]
    assert row("black-forest-labs/flux-schnell", OWN)["estimated_cost"] == row(SDXL, None)["estimated_cost"]


@pytest.mark.usefixtures("versioned")
@pytest.mark.parametrize("model_id", [SDXL, "black-forest-labs/flux-schnell", "somebody/some-model"])
def test_every_other_version_needs_a_price_of_its_own(model_id: str) -> None:
    with pytest.raises(Invalid, match="nobody knows what it costs") as refused:
        row(model_id, FOREIGN)
    assert refused.value.field == "model_version"


def test_a_provider_without_versions_is_not_asked_for_one() -> None:
    at_openai = GenerationRequest(prompt="p", model_id="openai/gpt-image-2", model_version=FOREIGN)
    with pytest.raises(Invalid, match="openai/gpt-image-2 is had from openai, which has no versions; leave it out"):
        submission_of(at_openai, None, Guard(), ["replicate", "openai", "fal"])
    with pytest.raises(Invalid, match="Replicate, which has versions, is not set up here"):
        submission_of(at_openai.model_copy(update={"model_id": SDXL}), None, Guard(), ["fal"])


async def test_a_price_by_the_second_is_estimated_by_the_usual_time(engine: AsyncEngine) -> None:
    given = {"name": None, "usd": Decimal("0.001"), "per": "second"}
    with pytest.raises(Invalid, match="seconds: is needed"):
        await set_price(engine, FOREIGN, **given, usual_seconds=None)  # type: ignore[arg-type]
    await set_price(engine, FOREIGN, **given, usual_seconds=20)  # type: ignore[arg-type]
    made = row("somebody/some-model", FOREIGN, prices=await read_prices(engine, {FOREIGN}))
    assert (made["price"], made["estimated_cost"]) == ({"second": 0.001}, 0.02)
    assert [one.version for one in await list_prices(engine)] == [FOREIGN]


@pytest.mark.parametrize(
    ("version", "given", "complaint"),
    [
        ("F" * 64, {}, "version: must be 64 hexadecimal digits"),
        (FOREIGN, {"usd": Decimal(-1)}, "usd: must be 0 to 1,000"),
        (FOREIGN, {"name": ""}, "name: must be 1 to 200"),
        (FOREIGN, {"usual_seconds": 0.0}, "seconds: must be more than 0"),
    ],
)
async def test_an_entry_past_a_limit_is_refused(
    engine: AsyncEngine, version: str, given: dict[str, Any], complaint: str
) -> None:
    whole: dict[str, Any] = {"name": None, "usd": Decimal(1), "per": "picture", "usual_seconds": None, **given}
    with pytest.raises(Invalid, match=complaint):
        await set_price(engine, version, **whole)
