"""fal's queue: submit, status, result, cancel, and the keys of its webhooks."""

from typing import Any

import orjson
from aiohttp import web

from pipeline.providers.painter.api.fal.asked import read_order
from pipeline.providers.painter.api.keys import JWKS, ORIGIN, PAINTER
from pipeline.providers.painter.faults.at_create import CREATE_BITES
from pipeline.providers.painter.faults.rules import CREATE
from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.problems import Problem

AT_CREATE = frozenset({CREATE})
WORDS = {"starting": "IN_QUEUE", "processing": "IN_PROGRESS"}


async def submit(request: web.Request) -> web.Response:
    """POST /{owner}/{app}[/{path}]"""
    painter = request.app[PAINTER]
    order = read_order(await request.read(), request.match_info["model"], request.query.get("fal_webhook"))
    for rule in painter.dice.draw(AT_CREATE, order.picture.prompt):
        return await CREATE_BITES[rule.fault](request, rule, lambda: painter.sell(order, None))
    prediction = painter.sell(order, None)
    address = f"{request.app[ORIGIN]}/{'/'.join(order.model.split('/')[:2])}/requests/{prediction.id}"
    return _json(
        {
            "request_id": prediction.id,
            "status": "IN_QUEUE",
            "queue_position": 0,
            "response_url": address,
            "status_url": f"{address}/status",
            "cancel_url": f"{address}/cancel",
        }
    )


async def status(request: web.Request) -> web.Response:
    """GET /{owner}/{app}/requests/{id}/status"""
    prediction = _prediction(request)
    if not prediction.terminal:
        return _json({"status": WORDS[prediction.status], "request_id": prediction.id}, 202)
    seconds = (prediction.completed or 0.0) - (prediction.started or prediction.completed or 0.0)
    told: dict[str, Any] = {"status": "COMPLETED", "request_id": prediction.id, "metrics": {"inference_time": seconds}}
    if prediction.status != "succeeded":
        told |= {"error": prediction.error or prediction.status, "error_type": "runner_error"}
    return _json(told)


async def result(request: web.Request) -> web.Response:
    """GET /{owner}/{app}/requests/{id}"""
    prediction = _prediction(request)
    if not prediction.terminal:
        raise Problem(400, "Request is still in progress")
    if prediction.status != "succeeded":
        raise Problem(500, prediction.error or prediction.status)
    return _json(payload(request.app[ORIGIN], prediction))


async def cancel(request: web.Request) -> web.Response:
    """PUT /{owner}/{app}/requests/{id}/cancel"""
    prediction = _prediction(request)
    if prediction.terminal:
        raise Problem(400, "ALREADY_COMPLETED")
    waited = prediction.status == "starting"
    request.app[PAINTER].cancel(prediction)
    return _json({"status": "CANCELLATION_REQUESTED"}, 200 if waited else 202)


async def jwks(request: web.Request) -> web.Response:
    """GET /.well-known/jwks.json"""
    return _json(request.app[JWKS])


def payload(origin: str, prediction: Prediction) -> dict[str, Any]:
    """A result. Its pictures are gone when their time is over."""
    names = [] if prediction.data_removed else prediction.outputs
    images = [{"url": f"{origin}/outputs/{prediction.id}/{name}", "content_type": "image/png"} for name in names]
    return {"images": images, "seed": prediction.seed, "prompt": prediction.prompt}


def told(origin: str, prediction: Prediction) -> dict[str, object]:
    """The body of a webhook about a prediction that has ended."""
    good = prediction.status == "succeeded"
    body: dict[str, object] = {
        "request_id": prediction.id,
        "gateway_request_id": prediction.id,
        "status": "OK" if good else "ERROR",
        "payload": payload(origin, prediction) if good else {"detail": prediction.error or prediction.status},
    }
    return body if good else body | {"error": prediction.error or prediction.status}


def shape(problem: Problem) -> web.Response:
    """A refusal as fal answers it."""
    detail: object = problem.detail
    if problem.invalid:
        detail = [
            {"loc": ["body", one["field"].removeprefix("input.")], "msg": one["description"], "type": one["type"]}
            for one in problem.invalid
        ]
    headers = {"x-fal-error-type": "request_error"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return _json({"detail": detail}, problem.status, headers)


def _prediction(request: web.Request) -> Prediction:
    return request.app[PAINTER].predictions.get(request.match_info["id"])


def _json(body: object, code: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=code, content_type="application/json", headers=headers)
