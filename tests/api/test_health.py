"""Health, and the description of the doors."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from api.app import ROUTES
from tests.darkroom import Darkroom

UNDESCRIBED = {
    "/v1/callbacks/{provider}/{generation_id}/{attempt}",
    "/v1/callbacks/{provider}/{generation_id}/{attempt}/{token}",
    "/openapi.json",
    "/asyncapi.json",
    "/docs",
    "/auth/v1/{path:path}",
    "/storage/v1/{path:path}",
}
"""Doors for the provider, for the descriptions themselves, and those that only hand on to the old project's own."""


async def test_alive_and_ready(darkroom: Darkroom) -> None:
    async with darkroom.client(None) as http:
        async with http.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with http.get("/readyz") as answer:
            checks = dict.fromkeys(("database", "listener", "background", "store", "sockets"), "ok")
            assert (answer.status, await answer.json()) == (200, {"status": "ready", "checks": checks})


async def described(darkroom: Darkroom) -> dict[str, Any]:
    """The OpenAPI document."""
    async with darkroom.client(None) as http, http.get("/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        document: dict[str, Any] = json.loads(await answer.read())
        return document


async def test_every_door_is_described(darkroom: Darkroom) -> None:
    document = await described(darkroom)
    doors = {
        (re.sub(r":\w+}", "}", route.path), method.lower())
        for route in ROUTES
        if isinstance(route, Route) and route.path not in UNDESCRIBED
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert len(doors) >= 8
    assert doors == {(path, method) for path, methods in document["paths"].items() for method in methods}


def references(node: Any) -> Iterator[str]:
    """Every `$ref` below a part of a document."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from references(child)


async def test_every_reference_of_the_description_leads_somewhere(darkroom: Darkroom) -> None:
    document = await described(darkroom)
    found = set(references(document))
    assert "#/components/schemas/GenerationRequest" in found
    for reference in found:
        part: Any = document
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


async def test_the_description_names_the_path_parameters_and_who_needs_a_key(darkroom: Darkroom) -> None:
    document = await described(darkroom)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert operation["responses"]["default"]
    assert document["paths"]["/v1/generations"]["post"]["security"] == [{"key": []}]
    assert document["paths"]["/healthz"]["get"]["security"] == []


async def test_the_page_of_the_doors_loads_with_everything_on_it(darkroom: Darkroom) -> None:
    async with darkroom.client(None) as http:
        async with http.get("/docs") as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            page = await answer.text()
        assets = re.findall(r'(?:src|href)="([^"]+)"', page)
        kinds = {}
        for asset in assets:
            assert asset.startswith("/docs/assets/")  # nothing from the internet
            async with http.get(asset) as answer:
                assert (answer.status, len(await answer.read()) > 10_000) == (200, True)
                kinds[asset.rpartition(".")[2]] = answer.content_type
    assert kinds == {"css": "text/css", "js": "text/javascript"}
    assert 'fetch("/openapi.json")' in page


@pytest.mark.parametrize(
    "path", ["/docs/assets/../app.py", "/docs/assets/%2e%2e/%2e%2e/etc/passwd", "/docs/assets/no.js"]
)
async def test_the_assets_are_the_packages_files_only(darkroom: Darkroom, path: str) -> None:
    async with darkroom.client(None) as http, http.get(path) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("dots", ["..", "%2e%2e", "%252e%252e", "..%2f..", "..%5c..", "%c0%ae%c0%ae", "", "."])
@pytest.mark.parametrize("prefix", ["/docs/assets", "/images", "/images/aa", "/rest/v1"])
async def test_no_path_leads_out_of_what_is_served(darkroom: Darkroom, prefix: str, dots: str) -> None:
    _, _, port = darkroom.url.rpartition(":")
    for file in ("api-key", "package.json", "server.py", "etc/passwd"):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        path = f"{prefix}/{dots}/{file}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: darkroom\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        assert answer.split()[1] in {b"400", b"401", b"404"}, answer
