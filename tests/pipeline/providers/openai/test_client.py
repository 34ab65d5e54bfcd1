"""Our client of OpenAI-compatible images against the painter's, and against servers that speak it otherwise."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pipeline.errors import (
    Forged,
    NotFound,
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnclear,
    RouteRefused,
)
from pipeline.media.data_uri import decode_data_uri
from pipeline.media.picture import examine
from pipeline.providers.openai.answers import error_of
from pipeline.providers.openai.client import OpenAI
from pipeline.providers.painter.ledger import LEDGER_FILE, read_ledger
from tests.actors.providers import faults
from tests.conftest import settings_at
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.replicate.liar import lying

MODEL = "gpt-image-2"
INPUT = {"prompt": "a storm", "n": 2, "size": "1024x1024"}


@pytest.fixture
async def openai(painter: Caller, tmp_path: Path) -> AsyncIterator[OpenAI]:
    """A client of the painter."""
    client = OpenAI(settings_at(tmp_path, openai_base_url=f"{painter.origin}/openai/v1", openai_api_key="a-token"))
    yield client
    await client.close()


async def buy(openai: OpenAI, timeout: float = 5.0, **changed: Any) -> Any:
    """One call."""
    return await openai.create(MODEL, None, INPUT | changed, None, timeout)


def sold(tmp_path: Path) -> Any:
    """What was sold."""
    return read_ledger(tmp_path / "painter" / "openai" / LEDGER_FILE)


async def test_the_answer_has_the_pictures_in_it(openai: OpenAI, tmp_path: Path) -> None:
    prediction = await buy(openai)
    assert (prediction.status, prediction.finished, len(prediction.output)) == ("succeeded", True, 2)
    assert examine(decode_data_uri(prediction.output[0], 2**20)).extension == "png"
    (bought,) = sold(tmp_path)
    assert (bought.id, bought.model, bought.input) == (prediction.id, MODEL, INPUT)


@pytest.mark.parametrize(
    ("fault", "expected", "bought"),
    [
        ({"fault": "error", "status": 401}, RouteRefused, 0),
        ({"fault": "error", "status": 404}, RouteRefused, 0),
        ({"fault": "error", "status": 422}, ProviderRefused, 0),
        ({"fault": "error", "status": 500}, ProviderDown, 0),
        ({"fault": "error", "status": 502}, ProviderUnclear, 0),
        ({"fault": "error", "status": 503}, ProviderDown, 0),
        ({"fault": "throttle", "seconds": 7}, ProviderThrottled, 0),
        ({"fault": "hang", "seconds": 30}, ProviderUnclear, 0),
        ({"fault": "reset_before"}, ProviderUnclear, 0),
        ({"fault": "reset_after"}, ProviderUnclear, 1),
        ({"fault": "fail"}, ProviderDown, 1),
    ],
)
async def test_every_trouble_is_told_apart_and_nothing_is_asked_twice(
    openai: OpenAI, painter: Caller, tmp_path: Path, fault: dict[str, Any], expected: type[ProviderError], bought: int
) -> None:
    await faults(painter, "openai", fault)
    with pytest.raises(expected) as caught:
        await buy(openai, timeout=0.3 if fault["fault"] == "hang" else 5.0)
    assert type(caught.value) is expected
    assert len(sold(tmp_path)) == bought


def test_what_openai_says_of_credit_and_content() -> None:
    quota = {
        "error": {"message": "You exceeded your quota", "type": "insufficient_quota", "code": "insufficient_quota"}
    }
    assert type(error_of(429, quota, buying=True)) is RouteRefused
    blocked = {"error": {"message": "rejected by the safety system", "code": "moderation_blocked"}}
    refused = error_of(400, blocked, buying=True)
    assert (type(refused), "moderation_blocked" in str(refused)) == (ProviderRefused, True)


async def test_an_input_that_is_not_documented_is_refused(openai: OpenAI) -> None:
    with pytest.raises(ProviderRefused, match="is not an input of this model"):
        await buy(openai, seed=3)


async def test_a_server_that_answers_with_addresses_is_understood(tmp_path: Path) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.json_response({"created": 1, "data": [{"url": "http://127.0.0.1/0.png"}, {"b64_json": "aGk="}, {}]})

    async with lying(answer) as liar:
        client = OpenAI(settings_at(tmp_path, openai_base_url=liar.url, openai_api_key="a-token"))
        prediction = await buy(client)
        await client.close()
    assert prediction.output == ["http://127.0.0.1/0.png", "data:image/png;base64,aGk="]
    assert base64.b64decode("aGk=") == b"hi"


async def test_a_shape_that_nobody_knows_was_sold_and_is_kept(tmp_path: Path) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.json_response({"task": {"id": 7, "state": "done"}})

    async with lying(answer) as liar:
        client = OpenAI(settings_at(tmp_path, openai_base_url=liar.url, openai_api_key="a-key"))
        prediction = await buy(client)
        await client.close()
    assert (prediction.finished, prediction.output) == (True, [])
    assert prediction.unreadable == '{"task":{"id":7,"state":"done"}}'


@pytest.mark.parametrize("body", [b"[]", b"{}", b"nonsense", b'{"data": 3}', b'{"error": {"message": "not now"}}'])
async def test_an_answer_that_is_none_may_have_been_sold(tmp_path: Path, body: bytes) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(body=body)

    async with lying(answer) as liar:
        client = OpenAI(settings_at(tmp_path, openai_base_url=liar.url, openai_api_key="a-token"))
        with pytest.raises(ProviderUnclear):
            await buy(client)
        await client.close()


async def test_it_keeps_nothing_and_sends_nothing(openai: OpenAI) -> None:
    with pytest.raises(NotFound):
        await openai.get(MODEL, "p1")
    with pytest.raises(NotFound):
        await openai.cancel(MODEL, "p1")
    with pytest.raises(Forged):
        await openai.read_webhook(b"{}", {})
    assert (openai.abilities.lists, openai.abilities.webhooks) == (False, False)
