"""Replicate's predictions: create, get, list, cancel. https://replicate.com/docs/reference/http"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
from aiohttp import web
from yarl import URL

from pipeline.providers.painter.api.keys import ORIGIN, PAINTER
from pipeline.providers.painter.faults.at_create import CREATE_BITES
from pipeline.providers.painter.faults.rules import CREATE
from pipeline.providers.painter.headers import read_cancel_after, read_wait
from pipeline.providers.painter.order import read_order
from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.problems import Problem

AT_CREATE = frozenset({CREATE})


async def create(request: web.Request) -> web.Response:
    """POST /v1/predictions and POST /v1/models/{owner}/{name}/predictions."""
    painter = request.app[PAINTER]
    where = request.match_info
    model = f"{where['owner']}/{where['name']}" if "owner" in where else None
    order = read_order(await request.read(), model)
    wait = read_wait(request.headers.get("Prefer"))
    cancel_after = read_cancel_after(request.headers.get("Cancel-After"))
    for rule in painter.dice.draw(AT_CREATE, order.picture.prompt):
        return await CREATE_BITES[rule.fault](request, rule, lambda: painter.sell(order, cancel_after))
    prediction = painter.sell(order, cancel_after)
    if wait is None:
        return _answer(request, prediction, 201)
    try:
        async with asyncio.timeout(wait):
            await prediction.ended.wait()
    except TimeoutError:
        # A wait that runs out shows "starting", even where the prediction runs already.
        return _answer(request, prediction, 202, status="starting")
    return _answer(request, prediction, 201)


async def get(request: web.Request) -> web.Response:
    """GET /v1/predictions/{id}"""
    return _answer(request, request.app[PAINTER].predictions.get(request.match_info["id"]), 200)


async def cancel(request: web.Request) -> web.Response:
    """POST /v1/predictions/{id}/cancel"""
    painter = request.app[PAINTER]
    prediction = painter.predictions.get(request.match_info["id"])
    painter.cancel(prediction)
    return _answer(request, prediction, 200)


async def list_page(request: web.Request) -> web.Response:
    """GET /v1/predictions, newest first."""
    origin, query = request.app[ORIGIN], request.query
    page = request.app[PAINTER].predictions.page(
        query.get("cursor"), _moment(query, "created_after"), _moment(query, "created_before")
    )
    window = {name: query[name] for name in ("created_after", "created_before") if name in query}

    def neighbour(cursor: str | None) -> str | None:
        address = URL(origin).with_path("/v1/predictions").with_query(window | {"cursor": cursor or ""})
        return str(address) if cursor else None

    now = time.time()
    body: dict[str, object] = {
        "next": neighbour(page.next),
        "previous": neighbour(page.previous),
        "results": [one.shown(origin, now) for one in page.predictions],
    }
    return _json(body, 200)


def _moment(query: Mapping[str, str], name: str) -> float | None:
    """An ISO 8601 query parameter as seconds since the epoch; without an offset it is UTC."""
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(400, f"{name} must be an ISO 8601 date and time; write + as %2B.", title="Invalid date") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _answer(request: web.Request, prediction: Prediction, code: int, status: str | None = None) -> web.Response:
    return _json(prediction.shown(request.app[ORIGIN], time.time(), status), code)


def _json(body: dict[str, object], code: int) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=code, content_type="application/json")
