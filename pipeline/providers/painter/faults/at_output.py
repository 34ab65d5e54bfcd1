"""Faults of a download: what arrives instead of the picture."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from pipeline.providers.painter.faults.rules import Rule
from pipeline.providers.painter.problems import Problem

Bite = Callable[[web.Request, Rule, bytes, str], Awaitable[web.StreamResponse]]

INTACT_HEAD = 64
"""Bytes that a corrupt output keeps: its signature and size still read well."""

CHUNK = 64 * 1024
SLICES = 20
"""A slow output arrives in this many pieces."""

HTML = "<!doctype html><title>Just a moment</title><p>This is a page where a picture was expected.</p>"


async def _corrupt(_request: web.Request, _rule: Rule, content: bytes, kind: str) -> web.StreamResponse:
    tail = bytes(byte ^ 0x5A for byte in content[INTACT_HEAD:])
    return web.Response(body=content[:INTACT_HEAD] + tail, content_type=kind)


async def _truncated(request: web.Request, _rule: Rule, content: bytes, kind: str) -> web.StreamResponse:
    response = await _begin(request, kind, len(content))
    await response.write(content[: len(content) // 2])
    # Closed, not aborted: an abort could throw the first half away before it leaves this machine.
    if request.transport is not None:
        request.transport.close()
    return response


async def _oversize(request: web.Request, rule: Rule, content: bytes, kind: str) -> web.StreamResponse:
    # Without a length, so that only counting what arrives can stop it.
    response = await _begin(request, kind, None)
    left: int = rule.own["bytes"]
    await response.write(content)
    while left > 0:
        await response.write(bytes(min(CHUNK, left)))
        left -= CHUNK
    return response


async def _expired(_request: web.Request, _rule: Rule, _content: bytes, _kind: str) -> web.StreamResponse:
    return Problem(404, "This output has expired.").response()


async def _html(_request: web.Request, _rule: Rule, _content: bytes, _kind: str) -> web.StreamResponse:
    return web.Response(text=HTML, content_type="text/html")


async def _slow(request: web.Request, rule: Rule, content: bytes, kind: str) -> web.StreamResponse:
    response = await _begin(request, kind, len(content))
    size = -(-len(content) // SLICES)
    for start in range(0, len(content), size):
        await asyncio.sleep(rule.own["seconds"] / SLICES)
        await response.write(content[start : start + size])
    return response


async def _error(_request: web.Request, _rule: Rule, _content: bytes, _kind: str) -> web.StreamResponse:
    return Problem(500, "The file store failed. Try again.").response()


OUTPUT_BITES: dict[str, Bite] = {
    "corrupt_output": _corrupt,
    "truncated_output": _truncated,
    "oversize_output": _oversize,
    "expired_output": _expired,
    "html_output": _html,
    "slow_output": _slow,
    "error_output": _error,
}
"""What each output fault sends; it is given the good bytes and their media type."""


async def _begin(request: web.Request, kind: str, length: int | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": kind})
    response.content_length = length
    await response.prepare(request)
    return response
