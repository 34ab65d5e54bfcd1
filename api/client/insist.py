"""Asks again when an answer was lost: only for requests that do nothing twice, as those with an idempotency key."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

import aiohttp

from api.client.backoff import Backoff
from api.client.problem import Problem

Answer = TypeVar("Answer")

TRIES = 5
"""In all. With their pauses they bridge a server's restart, and nobody waits long for one that stays away."""
NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Nobody listens there."""


async def insist(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """`ask`, a few times when the answer is lost or a 503; then raises what the last try raised.

    A server that nobody has reached yet is not insisted on: who started none should hear so at once.
    """
    backoff = Backoff()
    for tried in range(1, TRIES):
        try:
            return await ask()
        except Problem as problem:
            if problem.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        except NEVER_SENT:
            if tried == 1:
                raise
        except (aiohttp.ClientError, TimeoutError):
            pass  # the answer was lost
        await asyncio.sleep(backoff.pause())
    return await ask()
