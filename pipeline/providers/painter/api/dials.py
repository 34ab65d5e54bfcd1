"""Test-only doors outside Replicate's namespace, /_painter/ledger and /_painter/faults: with the token, as Bearer."""

import asyncio

import orjson
from aiohttp import web

from pipeline.providers.painter.api.keys import LEDGER, PAINTER
from pipeline.providers.painter.faults.rules import read_rules
from pipeline.providers.painter.ledger import read_ledger
from pipeline.providers.painter.problems import Problem


async def ledger(request: web.Request) -> web.Response:
    """GET /_painter/ledger: everything ever sold, as the ledger file has it, times in seconds since the epoch."""
    sold = await asyncio.to_thread(read_ledger, request.app[LEDGER].path)
    return _json({"predictions": [one.shown() for one in sold]})


async def faults(request: web.Request) -> web.Response:
    """GET /_painter/faults: the rules in force and how often each may still bite."""
    return _json(request.app[PAINTER].dice.shown())


async def replace_faults(request: web.Request) -> web.Response:
    """PUT /_painter/faults: a JSON list of rules takes the place of those in force. 422 names what is unknown."""
    try:
        given = orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None
    request.app[PAINTER].dice.replace(read_rules(given))
    return await faults(request)


def _json(body: object) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")
