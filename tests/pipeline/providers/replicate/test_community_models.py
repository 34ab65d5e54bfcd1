"""Models that Replicate sells by version only, against the painter and against servers that know others."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from pipeline.errors import NoSuchModel, ProviderDown, ProviderError, RouteRefused
from pipeline.models import models, version_of
from pipeline.providers import Replicate
from pipeline.providers.painter.pages.versions import VERSIONS
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.replicate.conftest import Opening
from tests.pipeline.providers.replicate.liar import lying
from tests.pipeline.providers.replicate.test_client import sold

INPUT = {"prompt": "a storm", "seed": 7}
OTHER = "black-forest-labs/flux-dev"
"""A model that the catalogue calls by its name."""
NEWEST = "b" * 64


@pytest.mark.parametrize("model", ["stability-ai/sdxl", "bytedance/sdxl-lightning-4step"])
async def test_a_community_model_is_bought_by_its_sheets_version(
    painter: Caller, replicate: Replicate, model: str
) -> None:
    await replicate.create(model, None, INPUT, None, 5.0)
    (bought,) = await sold(painter)
    assert (bought["model"], bought["version"]) == (model, VERSIONS[model][0])


def test_the_catalogue_and_the_painter_agree_on_who_is_sold_by_version() -> None:
    named = {model: version for model in models() if (version := version_of(model))}
    assert named.keys() == VERSIONS.keys() & models().keys()
    assert all(version in VERSIONS[model] for model, version in named.items())


async def test_a_version_that_was_asked_for_goes_before_the_sheets(painter: Caller, replicate: Replicate) -> None:
    older = VERSIONS["stability-ai/sdxl"][1]
    await replicate.create("stability-ai/sdxl", older, INPUT, None, 5.0)
    (bought,) = await sold(painter)
    assert (bought["model"], bought["version"]) == ("stability-ai/sdxl", older)


def demoted(latest: Any) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    """A Replicate where every model is a community model whose newest version is `latest`; a status to be refused."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path == "/v1/predictions":
            body = await request.json()
            return web.json_response({"id": body["version"][:4], "status": "starting", "input": {}}, status=201)
        if request.method == "POST":
            return web.json_response({"detail": "The requested resource could not be found."}, status=404)
        if isinstance(latest, int):
            return web.json_response({"detail": "not now"}, status=latest)
        return web.json_response({"latest_version": latest})

    return answer


async def test_a_model_that_is_sold_by_name_no_more_is_looked_up_once(opening: Opening) -> None:
    async with lying(demoted({"id": NEWEST})) as liar, opening(liar.url) as replicate:
        first = await asyncio.gather(*(replicate.create(OTHER, None, INPUT, None, 5.0) for _ in range(5)))
        last = await replicate.create(OTHER, None, INPUT, None, 5.0)
        asked = [(request.method, request.path) for request in liar.requests]
    assert {one.id for one in (*first, last)} == {NEWEST[:4]}
    assert asked.count(("GET", f"/v1/models/{OTHER}")) == 1
    assert asked.count(("POST", "/v1/predictions")) == 6
    assert asked[-1] == ("POST", "/v1/predictions")


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (None, NoSuchModel),
        ("x", NoSuchModel),
        ({"id": None}, NoSuchModel),
        ({"id": "../../v1/account"}, NoSuchModel),
        (404, NoSuchModel),
        (403, NoSuchModel),
        (500, ProviderDown),
    ],
)
async def test_a_lookup_that_fails_has_bought_nothing(
    opening: Opening, latest: Any, expected: type[ProviderError]
) -> None:
    async with lying(demoted(latest)) as liar, opening(liar.url) as replicate:
        with pytest.raises(expected) as caught:
            await replicate.create(OTHER, None, INPUT, None, 5.0)
        assert ("POST", "/v1/predictions") not in [(request.method, request.path) for request in liar.requests]
    assert type(caught.value) is expected
    assert issubclass(NoSuchModel, RouteRefused), "another provider may have it"


async def test_a_refusal_that_comes_late_is_followed_by_no_purchase_without_a_limit(opening: Opening) -> None:
    """Whatever is left of the time, the purchase ends with it: the row's lease does."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path == "/v1/predictions":
            await asyncio.Event().wait()
        return await demoted({"id": NEWEST})(request)

    async with lying(answer) as liar, opening(liar.url) as replicate, asyncio.timeout(10):
        with pytest.raises(ProviderError):
            await replicate.create(OTHER, None, INPUT, None, 0.5)
        assert [request.method for request in liar.requests].count("POST") <= 2


async def test_a_lookup_leaves_time_for_the_purchase_or_buys_nothing(opening: Opening) -> None:
    asked = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "GET":
            asked.set()
            await asyncio.Event().wait()
        return web.json_response({"detail": "The requested resource could not be found."}, status=404)

    async with lying(answer) as liar, opening(liar.url) as replicate:
        with pytest.raises(ProviderDown, match="took too long"):
            await replicate.create(OTHER, None, INPUT, None, 1.0)
        assert asked.is_set()
