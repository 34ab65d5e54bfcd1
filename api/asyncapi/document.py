"""The document, and its door."""

import inspect
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response

from api.asyncapi.examples import EXAMPLES
from api.asyncapi.guide import GUIDE
from api.asyncapi.limits import LIMITS
from api.component_schemas import component_schemas, reference
from api.state import state_of
from schema.wire import frames, sent

MESSAGES: dict[str, type[BaseModel]] = {
    "auth": frames.Auth,
    "subscribe": frames.Subscribe,
    "unsubscribe": frames.Unsubscribe,
    "subscribed": sent.Subscribed,
    "transition": sent.Transition,
    "progress": sent.Progress,
    "batch": sent.BatchCounts,
    "queue": sent.QueueStanding,
    "unsubscribed": sent.Unsubscribed,
    "error": sent.Error,
}
"""Every frame by its `type`."""


class Operation(NamedTuple):
    """Something that is done on the channel. `action` is the server's: it receives what a client sends."""

    name: str
    action: str
    summary: str
    messages: tuple[str, ...]
    reply: tuple[str, ...] = ()


OPERATIONS = (
    Operation("authenticate", "receive", "Say who you are, or bring a fresher token", ("auth",)),
    Operation("subscribe", "receive", "Follow a topic", ("subscribe",), ("subscribed", "error")),
    Operation("unsubscribe", "receive", "Stop following a topic", ("unsubscribe",), ("unsubscribed", "error")),
    Operation("follow", "send", "What a subscription brings", ("transition", "progress", "batch", "queue")),
    Operation("refuse", "send", "Why a frame was not obeyed, or why the socket is about to close", ("error",)),
)

CHANNEL = {"$ref": "#/channels/gateway"}
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or the JWT of a signed-in user"},
    "query": {
        "type": "httpApiKey",
        "in": "query",
        "name": "access_token",
        "description": "The same, where headers cannot be set; or send it as the first frame, `auth`",
    },
}


def document(base: URL) -> dict[str, Any]:
    """The AsyncAPI 3.0 document of the server at `base`, an http or https address."""
    server = {
        "host": base.netloc,
        "pathname": base.path,
        "protocol": "wss" if base.scheme == "https" else "ws",
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in SECURITY],
    }
    return {**_serverless(), "servers": {"darkroom": server}}


@cache
def _serverless() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Darkroom's websocket", "version": version("darkroom"), "description": GUIDE},
        "defaultContentType": "application/json",
        "channels": {"gateway": _channel()},
        "operations": {operation.name: _operation(operation) for operation in OPERATIONS},
        "components": {
            "messages": {name: _message(name, model) for name, model in MESSAGES.items()},
            "schemas": component_schemas(MESSAGES.values()),
            "securitySchemes": SECURITY,
        },
    }


def _channel() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "address": "/v1/ws",
        "title": "The gateway",
        "summary": "One websocket for as many topics as a client follows",
        "servers": [{"$ref": "#/servers/darkroom"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in MESSAGES},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "properties": {"access_token": text}},
                "headers": {"type": "object", "properties": {"Authorization": text}},
                "bindingVersion": "0.1.0",
            }
        },
        "x-limits": {limit.name: limit._asdict() for limit in LIMITS},
        "x-close-codes": {str(code): close._asdict() for code, close in sorted(frames.CLOSES.items())},
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "action": operation.action,
        "channel": CHANNEL,
        "summary": operation.summary,
        "messages": _on_channel(operation.messages),
    }
    if operation.reply:
        described["reply"] = {"channel": CHANNEL, "messages": _on_channel(operation.reply)}
    return described


def _on_channel(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/gateway/messages/{name}"} for name in names]


def _message(name: str, model: type[BaseModel]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "title": model.__name__,
        "summary": (inspect.getdoc(model) or "").lstrip("←→ "),
        "payload": reference(model),
        "examples": [{"summary": what, "payload": frame} for what, frame in EXAMPLES[name].items()],
    }
    if "ref" in model.model_fields:
        described["correlationId"] = {
            "location": "$message.payload#/ref",
            "description": "A client's own mark; the answer repeats it",
        }
    return described


async def show_asyncapi(request: Request) -> Response:
    """GET /asyncapi.json."""
    # Behind a proxy only the public address is one that a client can use.
    public = state_of(request).settings.public_url
    base = URL(public) if public else request.base_url
    return Response(orjson.dumps(document(base)), media_type="application/json")
