"""Single faults: every known hostile value in every place that reads one, with everything beside it as it should be."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from proof.fuzz.calls import BARE, BODIES, COLUMNS, FILTERS, OF_TABLES, PAGES, Call
from proof.fuzz.hostile import HOSTILE_JSON, HOSTILE_TEXTS, KNOWN_ID

LISTS = ("/v1/generations", "/v1/webhooks/deliveries")
TABLES = ("/rest/v1/image_generations", "/rest/v1/images", "/rest/v1/job_queue")
HEADERS = {
    "Idempotency-Key": ("POST", "/v1/generations"),
    "Prefer": ("GET", "/rest/v1/image_generations"),
    "Range": ("GET", "/rest/v1/image_generations"),
    "Last-Event-ID": ("GET", "/v1/generations/{id}/events"),
    "Authorization": ("GET", "/v1/generations"),
    "apikey": ("POST", "/functions/v1/start-generation"),
}
"""Headers that are read, and where."""


def single_faults() -> Iterator[Call]:
    """All of them, in an order that does not change."""
    yield from _in_paths()
    yield from _in_queries()
    yield from _in_headers()
    for (method, path), usual in BODIES.items():
        target = path.replace("{id}", KNOWN_ID) + (f"?id=eq.{KNOWN_ID}" if method == "PATCH" else "")
        for body in (*HOSTILE_JSON, *_spoiled(usual)):
            yield Call(method, target, {}, body.encode(errors="surrogatepass"), "service")


def _in_paths() -> Iterator[Call]:
    for method, path in BARE:
        if "{id}" in path:
            for text in HOSTILE_TEXTS:
                yield Call(method, path.replace("{id}", _quoted(text)), {}, None, "user")


def _in_queries() -> Iterator[Call]:
    places = [(path, name, "{}") for path in LISTS for name in PAGES]
    places += [(path, name, f"{word}.{{}}") for path in TABLES for name in COLUMNS for word in FILTERS]
    places += [(path, name, "{}") for path in TABLES for name in OF_TABLES]
    for path, name, shape in places:
        for text in HOSTILE_TEXTS:
            query = urlencode({name: shape.format(text).encode(errors="surrogatepass")})
            yield Call("GET", f"{path}?{query}", {}, None, "user")


def _in_headers() -> Iterator[Call]:
    for name, (method, path) in HEADERS.items():
        body = json.dumps(BODIES[method, path]).encode() if (method, path) in BODIES else None
        for text in HOSTILE_TEXTS:
            value = "".join(one for one in text.encode(errors="replace").decode("latin-1") if one >= " ")
            yield Call(method, path.replace("{id}", KNOWN_ID), {name: value}, body, "user")


def _spoiled(usual: dict[str, Any]) -> Iterator[str]:
    """The object with each of its fields, and of the objects in it, spoiled by each hostile value in turn."""
    for name, value in {**usual, "metadata": {"a": 1}, "mine": None}.items():
        beside = [f"{json.dumps(other)}: {json.dumps(one)}" for other, one in usual.items() if other != name]
        hostile = [*HOSTILE_JSON, *(json.dumps(text) for text in HOSTILE_TEXTS)]
        inside = _spoiled(value) if isinstance(value, dict) and name != "metadata" else iter(())
        for one in (*hostile, *(f'{{"a": [{raw}]}}' for raw in HOSTILE_JSON), *inside):
            yield "{" + ", ".join([*beside, f"{json.dumps(name)}: {one}"]) + "}"


def _quoted(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")
