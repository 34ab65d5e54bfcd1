"""Faults of the create request: it fails, it is throttled, it hangs, its answer is lost."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from pipeline.providers.painter.faults.rules import Rule
from pipeline.providers.painter.problems import Problem

Sell = Callable[[], object]
Bite = Callable[[web.Request, Rule, Sell], Awaitable[web.Response]]

ERROR_DETAILS = {
    401: "You did not pass a valid authentication token",
    402: "You have insufficient credit to run this model. Purchase credit, wait a few minutes and try again.",
    404: "The requested resource could not be found.",
    422: "The input was refused.\n",
    500: "An internal error occurred. Try again later.",
    503: "No machine is free. Try again later.",
    502: "The upstream did not answer. Try again later.",
}


async def _error(_request: web.Request, rule: Rule, _sell: Sell) -> web.Response:
    status: int = rule.own["status"]
    raise Problem(status, ERROR_DETAILS[status])


async def _throttle(_request: web.Request, rule: Rule, _sell: Sell) -> web.Response:
    # The text that clients parse, https://replicate.com/docs/topics/predictions/rate-limits
    seconds = round(rule.own["seconds"])
    raise Problem(429, f"Request was throttled. Your rate limit resets in ~{seconds}s.", retry_after=seconds)


async def _hang(request: web.Request, rule: Rule, _sell: Sell) -> web.Response:
    await asyncio.sleep(rule.own["seconds"])
    return cut(request)


async def _reset_before(request: web.Request, _rule: Rule, _sell: Sell) -> web.Response:
    return cut(request)


async def _reset_after(request: web.Request, _rule: Rule, sell: Sell) -> web.Response:
    sell()
    return cut(request)


CREATE_BITES: dict[str, Bite] = {
    "error": _error,
    "throttle": _throttle,
    "hang": _hang,
    "reset_before": _reset_before,
    "reset_after": _reset_after,
}
"""What each create fault does; only what calls `sell` sells."""


def cut(request: web.Request) -> web.Response:
    """Reset the connection; the response is what aiohttp then fails to send."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
