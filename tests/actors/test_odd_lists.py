"""Lists as no provider should send them: one item, one log or one page hides nothing of the others."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from sqlalchemy import Row

from actors.watcher import SINGLE_READS
from tests.actors.lab import Hands, Lab
from tests.pipeline.providers.replicate.liar import lying

Page = Callable[[web.BaseRequest, dict[str, Any]], bytes]


def listing(page: Page) -> Callable[[web.BaseRequest], Any]:
    """A provider whose answers to purchases are lost, and whose list is what `page` makes of what was asked for."""
    bought: dict[str, Any] = {}

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "POST":
            bought["input"] = json.loads(await request.text())["input"]
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(body=page(request, bought["input"]), content_type="application/json")

    return answer


async def looked(lab: Lab, hands: Hands) -> tuple[UUID, Row[Any]]:
    """An orphan's row once the watcher has looked for its purchase."""
    generation_id = await lab.submit()
    await hands.buy()
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    return generation_id, await lab.row(generation_id)


def page_of(*items: str, next_: str = "null") -> bytes:
    return f'{{"results":[{",".join(items)}],"next":{next_}}}'.encode()


def own(asked: dict[str, Any], **more: Any) -> str:
    """The orphan's own purchase, as the list has it."""
    return json.dumps({"id": "own", "status": "processing", "input": asked} | more)


ODD_ITEMS = {
    "half an emoji in a log": r'{"id":"x","status":"failed","logs":"\ud83d","input":{}}',
    "NaN": '{"id":"x","status":"succeeded","metrics":{"predict_time":NaN},"input":{}}',
    "no id": '{"status":"succeeded","output":["http://127.0.0.1:1/a.png"]}',
    "no status": '{"id":"x"}',
    "no object": "3",
    "null": "null",
    "an input that is a list": '{"id":"x","status":"starting","input":[1,2]}',
    "a moment of year one": '{"id":"x","status":"starting","input":{},"created_at":"0001-01-01T00:00:00+23:59"}',
    "an output of 2,000 levels": f'{{"id":"x","status":"succeeded","output":{"[" * 2_000}{"]" * 2_000}}}',
    "numbers beyond all": '{"id":"x","status":"starting","input":{"seed":1e999},"created_at":1e300}',
}


@pytest.mark.parametrize("odd", ODD_ITEMS)
async def test_an_odd_item_does_not_hide_the_others(lab: Lab, odd: str) -> None:
    async with (
        lying(listing(lambda _, asked: page_of(ODD_ITEMS[odd], own(asked), ODD_ITEMS[odd]))) as liar,
        lab.hands(replicate_api_url=liar.url) as hands,
    ):
        _, row = await looked(lab, hands)
    assert (row.status, row.replicate_prediction_id) == ("processing", "own")


@pytest.mark.parametrize(
    ("spelt", "id_"),
    [
        ({"id": 7}, "7"),
        ({"id": None, "urls": {"get": "https://api.example/v1/predictions/p7"}}, "p7"),
        ({"status": "IN_QUEUE"}, "own"),
        ({"status": "a status of tomorrow"}, "own"),
        ({"created_at": "yesterday"}, "own"),
        ({"logs": ["one", None, {"message": "two"}], "metrics": {"predict_time": "1.5"}}, "own"),
    ],
)
async def test_what_is_spelt_otherwise_is_adopted_all_the_same(lab: Lab, spelt: dict[str, Any], id_: str) -> None:
    async with (
        lying(listing(lambda _, asked: page_of(own(asked, **spelt)))) as liar,
        lab.hands(replicate_api_url=liar.url) as hands,
    ):
        _, row = await looked(lab, hands)
    assert (row.status, row.replicate_prediction_id) == ("processing", id_)


async def test_a_purchase_that_has_lost_its_id_is_not_bought_again_but_counted(lab: Lab) -> None:
    stranger = '{"id":"x","status":"starting","input":{}}'
    async with (
        lying(listing(lambda _, asked: page_of(stranger, own(asked, id=None)))) as liar,
        lab.hands(replicate_api_url=liar.url) as hands,
    ):
        _, row = await looked(lab, hands)
    assert (row.status, row.possible_double_charge) == ("failed", 1)
    assert "may have been paid for" in row.error_message


async def test_nothing_follows_from_a_page_of_which_nothing_can_be_read(lab: Lab) -> None:
    async with (
        lying(listing(lambda *_: page_of('{"uuid":"x"}', '{"uuid":"y"}'))) as liar,
        lab.hands(replicate_api_url=liar.url) as hands,
    ):
        _, row = await looked(lab, hands)
    # That nothing was bought is not known: another purchase might be the second.
    assert (row.status, row.attempt_number) == ("processing", 1)


def looping(_: web.BaseRequest, asked: dict[str, Any]) -> bytes:
    return page_of(own(asked, input={}), next_='"http://127.0.0.1:1/v1/predictions?cursor=again"')


def nowhere(_: web.BaseRequest, asked: dict[str, Any]) -> bytes:
    return page_of(own(asked, input={}), next_='{"cursor":"x"}')


def breaking_off(request: web.BaseRequest, asked: dict[str, Any]) -> bytes:
    return b"<html>" if request.query.get("cursor") else looping(request, asked)


@pytest.mark.parametrize("page", [looping, nowhere, breaking_off])
async def test_a_list_without_an_end_says_nothing_of_what_it_has_not_shown(lab: Lab, page: Page) -> None:
    async with lying(listing(page)) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        _, row = await looked(lab, hands)
        assert len(liar.requests) <= 3
    assert (row.status, row.attempt_number, row.replicate_prediction_id) == ("processing", 1, None)


@pytest.mark.parametrize("page", [looping, nowhere, breaking_off])
async def test_what_a_list_without_an_end_has_shown_is_true(lab: Lab, page: Page) -> None:
    def shown(request: web.BaseRequest, asked: dict[str, Any]) -> bytes:
        return page(request, asked).replace(b'"input": {}', f'"input": {json.dumps(asked)}'.encode())

    async with lying(listing(shown)) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        _, row = await looked(lab, hands)
    assert (row.status, row.replicate_prediction_id) == ("processing", "own")


async def test_a_page_that_cannot_be_read_hides_nothing_of_what_can_be_asked_for_by_name(lab: Lab) -> None:
    """Of more rows than are read one by one, all are heard of, though the list is no JSON."""
    bought = 0

    async def answer(request: web.BaseRequest) -> web.Response:
        nonlocal bought
        if request.method == "POST":
            bought += 1
            return web.json_response({"id": f"p{bought}", "status": "starting"}, status=201)
        if request.path == "/v1/predictions":
            return web.Response(body=b"<html>too much</html>")
        name = request.path.rpartition("/")[2]
        return web.json_response({"id": name, "status": "failed", "error": "NSFW content"})

    async with lying(answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        ids = [await lab.submit() for _ in range(SINGLE_READS + 2)]
        await hands.buy()
        await lab.age(3_600)
        await hands.watcher.look()
        assert [(await lab.row(one)).prediction["status"] for one in ids] == ["failed"] * len(ids)
