"""/openapi.json and /docs, made from the table of doors."""

from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from swagger_ui_bundle import swagger_ui_path

from api.component_schemas import component_schemas, reference
from api.generations.idempotency import HEADER, MAX_KEY_LENGTH, REPLAYED
from api.generations.prefer import HEADER as PREFER
from api.generations.prefer import LONGEST_WAIT
from api.pages import DEFAULT_PAGE, LARGEST_PAGE
from api.supabase.functions.batch_generate import OldBatchRequest
from schema.delivery_states import DeliveryState
from schema.statuses import Status
from schema.wire.batch import Batch, BatchRequest
from schema.wire.generation import Generation, GenerationList
from schema.wire.http import GenerationRequest, StartGenerationRequest
from schema.wire.model import ModelList
from schema.wire.problem import ProblemDocument
from schema.wire.queue import QueueAndCost
from schema.wire.webhook import DeliveryList, Event, WebhookSecret, WholeDelivery

ASSETS = str(swagger_ui_path)


class Door(NamedTuple):
    """One documented door."""

    path: str
    method: str
    summary: str
    status: int
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    query: tuple[tuple[str, dict[str, Any]], ...] = ()
    headers: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    """Headers that may come: name, what it does, schema."""
    open: bool = False
    """Whether it takes no key."""
    media_type: str | None = None
    """Of an answer that is no JSON document."""


_VERSION = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
_STATUS = {"type": "string", "enum": list(Status)}
_PAGE_OF = (
    ("limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": DEFAULT_PAGE}),
    ("cursor", {"type": "string"}),
)
_ONCE = (
    HEADER,
    "For 24 hours the same key with the same body answers with what it made first, and with "
    f"`{REPLAYED}: true`; with another body it is refused with 409.",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[ -~]+$"},
)
_WAIT = (
    PREFER,
    f"`wait=N`: answer when the generation has come to its end, with 200, or after N seconds (at most {LONGEST_WAIT}) "
    "with 202 as ever.",
    {"type": "string", "examples": ["wait=60"]},
)
_OLD_QUERY = (("select", {"type": "string", "default": "*"}), ("order", {"type": "string"}))
_OLD_CALLS = (
    ("post", "Call enqueue_job or get_user_limits"),
    ("get", "Call get_user_limits"),
    *((method, "Refused with 405") for method in ("put", "patch", "delete")),
)
DOORS = (
    Door(
        "/v1/generations",
        "post",
        "Submit a generation",
        202,
        GenerationRequest,
        Generation,
        headers=(_ONCE, _WAIT),
    ),
    Door(
        "/v1/generations",
        "get",
        "List your generations, newest first",
        200,
        answer=GenerationList,
        query=(
            ("status", _STATUS),
            ("model_id", {"type": "string"}),
            ("batch_id", {"type": "string", "format": "uuid"}),
            *_PAGE_OF,
        ),
    ),
    Door("/v1/generations/{id}", "get", "Read one generation with its timeline and images", 200, answer=Generation),
    Door(
        "/v1/generations/{id}/events",
        "get",
        "Follow one generation by server-sent events: the websocket's transition and progress frames; "
        "204 when its last transition has been seen",
        200,
        query=(("after", _VERSION), ("access_token", {"type": "string"})),
        headers=(
            ("Last-Event-ID", "The version to go on after; a browser's EventSource sends it by itself.", _VERSION),
        ),
        media_type="text/event-stream",
    ),
    Door("/v1/generations/{id}", "delete", "Delete a final generation with its pictures", 204),
    Door("/v1/generations/{id}/cancel", "post", "Call a generation off", 200, answer=Generation),
    Door("/v1/generations/{id}/retry", "post", "Try a failed or cancelled one again", 202, answer=Generation),
    Door("/v1/models", "get", "The models: what each takes, brings and costs", 200, answer=ModelList),
    Door("/v1/batches", "post", "Submit up to 100 generations together", 202, BatchRequest, Batch, headers=(_ONCE,)),
    Door("/v1/batches/{id}", "get", "Read a batch: how many of its generations stand where", 200, answer=Batch),
    Door("/v1/batches/{id}/cancel", "post", "Call off whatever of a batch is not final", 200, answer=Batch),
    Door("/v1/batches/{id}/retry-failed", "post", "Try what failed of a batch again", 202, answer=Batch),
    Door(
        "/v1/webhooks/deliveries",
        "get",
        "List your webhooks' deliveries, newest first",
        200,
        answer=DeliveryList,
        query=(
            ("generation_id", {"type": "string", "format": "uuid"}),
            ("state", {"type": "string", "enum": list(DeliveryState)}),
            *_PAGE_OF,
        ),
    ),
    Door("/v1/webhooks/deliveries/{id}", "get", "Read one delivery, its tries and its body", 200, answer=WholeDelivery),
    Door("/v1/webhooks/deliveries/{id}/replay", "post", "Send one again, by the same id", 202, answer=WholeDelivery),
    Door("/v1/webhooks/secret", "get", "What signs your webhooks", 200, answer=WebhookSecret),
    Door(
        "/v1/webhooks/secret/rotate",
        "post",
        "Make a new secret; the one so far signs beside it for 24 hours",
        200,
        answer=WebhookSecret,
    ),
    Door("/v1/queue", "get", "How many generations stand where, and what you have paid", 200, answer=QueueAndCost),
    Door("/functions/v1/start-generation", "post", "The old apps' door", 200, StartGenerationRequest),
    Door("/functions/v1/generate-image", "post", "The same, answered with the picture", 200, StartGenerationRequest),
    Door("/functions/v1/batch-generate", "post", "The old apps' batches", 200, OldBatchRequest),
    Door("/functions/v1/process-jobs", "post", "What a cron called: rings, waits, and counts", 200),
    Door("/functions/v1/process-generation", "post", "Run one, and wait for it; with the service key", 200),
    Door("/rest/v1/", "get", "The old apps' tables", 200),
    Door("/rest/v1/{table}", "get", "Read a table or view, as PostgREST has it", 200, query=_OLD_QUERY),
    Door("/rest/v1/{table}", "post", "Insert into image_generations: submit a generation", 201),
    Door("/rest/v1/{table}", "patch", "Write a status: cancel, or try again", 204, query=_OLD_QUERY),
    Door("/rest/v1/{table}", "delete", "Delete generations, or put jobs away", 204, query=_OLD_QUERY),
    Door("/rest/v1/{table}", "put", "Refused with 405", 405),
    *(Door("/rest/v1/rpc/{function}", method, what, 200) for method, what in _OLD_CALLS),
    Door("/images/{path}", "get", "A picture, by its permanent address", 200, open=True),
    Door("/darkroom.js", "get", "The JavaScript client, an ES module", 200, open=True),
    Door("/healthz", "get", "Is this process alive", 200, open=True),
    Door("/readyz", "get", "May this process be sent work", 200, open=True),
)

_PROBLEM = {
    "description": "A problem document (RFC 9457)",
    "content": {"application/problem+json": {"schema": reference(ProblemDocument)}},
}
_WEBHOOK = {
    "summary": "A generation with a `webhook_url` has reached a final status; signed as Standard Webhooks says",
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": reference(Event)}}},
    "responses": {"2XX": {"description": "It is delivered"}, "410": {"description": "The endpoint wants no more"}},
    "security": [],
}
_WEBSOCKET = "Every transition is pushed over the websocket `/v1/ws`, which [/asyncapi.json](/asyncapi.json) describes."
_KEY = {"type": "http", "scheme": "bearer", "description": "An API key, or the JWT of a signed-in user"}

# The assets come with the package, so the page works without the internet. The packaged Swagger UI reads versions up to
# 3.0 and refuses the number 3.1, though it shows what this document uses of it.
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Darkroom: the doors</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head><body><div id="doors"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script>fetch("/openapi.json").then(answer => answer.json()).then(spec =>
SwaggerUIBundle({spec: {...spec, openapi: "3.0.3"}, dom_id: "#doors"}))</script></body></html>"""


@cache
def document() -> bytes:
    """The OpenAPI 3.1 document as JSON."""
    paths: dict[str, dict[str, Any]] = {}
    for door in DOORS:
        paths.setdefault(door.path, {})[door.method] = _operation(door)
    models = {model for door in DOORS for model in (door.body, door.answer) if model}
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Darkroom", "version": version("darkroom"), "description": _WEBSOCKET},
            "paths": paths,
            "webhooks": {"generation": {"post": _WEBHOOK}},
            "components": {
                "schemas": component_schemas({ProblemDocument, Event, *models}),
                "securitySchemes": {"key": _KEY},
            },
        }
    )


def _operation(door: Door) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": door.summary}
    if door.answer:
        answer["content"] = {"application/json": {"schema": reference(door.answer)}}
    if door.media_type:
        answer["content"] = {door.media_type: {"schema": {"type": "string"}}}
    parameters: list[dict[str, Any]] = [{"name": name, "in": "query", "schema": schema} for name, schema in door.query]
    parameters += [
        {"name": name, "in": "header", "description": what, "schema": schema} for name, what, schema in door.headers
    ]
    parameters += [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("id", "path", "table", "function")
        if f"{{{name}}}" in door.path
    ]
    operation: dict[str, Any] = {
        "summary": door.summary,
        "parameters": parameters,
        "responses": {str(door.status): answer, "default": _PROBLEM},
        "security": [] if door.open else [{"key": []}],
    }
    if door.body:
        content = {"application/json": {"schema": reference(door.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


async def show_openapi(_: Request) -> Response:
    """GET /openapi.json."""
    return Response(document(), media_type="application/json")


async def show_docs(_: Request) -> HTMLResponse:
    """GET /docs: the same, to read and try."""
    return HTMLResponse(_PAGE)
