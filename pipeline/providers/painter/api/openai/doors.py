"""OpenAI's images: one call, whose answer is the pictures."""

import asyncio
import base64

import orjson
from aiohttp import web

from pipeline.providers.painter.api.keys import OUTPUTS, PAINTER, PREPARED
from pipeline.providers.painter.api.openai.asked import read_order
from pipeline.providers.painter.faults.at_create import CREATE_BITES
from pipeline.providers.painter.faults.rules import CREATE
from pipeline.providers.painter.problems import Problem

AT_CREATE = frozenset({CREATE})
KINDS = {400: "invalid_request_error", 401: "authentication_error", 404: "model_not_found", 429: "rate_limit_exceeded"}


async def generate(request: web.Request) -> web.Response:
    """POST /images/generations. Whoever hangs up has bought it all the same."""
    painter = request.app[PAINTER]
    order = read_order(await request.read())
    for rule in painter.dice.draw(AT_CREATE, order.picture.prompt):
        return await CREATE_BITES[rule.fault](request, rule, lambda: painter.sell(order, None))
    prediction = painter.sell(order, None)
    await prediction.ended.wait()
    if prediction.status != "succeeded":
        raise Problem(500, prediction.error or prediction.status)
    data = []
    for name in prediction.outputs:
        path = request.app[OUTPUTS].path(prediction.id, name)
        content = request.app[PREPARED] if prediction.prepared else await asyncio.to_thread(path.read_bytes)
        data.append({"b64_json": base64.b64encode(content).decode()})
    kind = "png" if prediction.prepared else order.input.get("output_format", "png")
    body = {"created": int(prediction.created), "data": data, "output_format": kind, "usage": {"total_tokens": 1}}
    return _json(body, headers={"x-request-id": prediction.id})


def shape(problem: Problem) -> web.Response:
    """A refusal as OpenAI answers it."""
    status = 400 if problem.status == 422 else problem.status
    error = {"message": problem.detail, "type": KINDS.get(status, "server_error"), "param": None, "code": None}
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    return _json({"error": error}, status, headers)


def _json(body: object, code: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=code, content_type="application/json", headers=headers)
