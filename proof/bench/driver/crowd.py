"""Clients at work together, each with the next generation as soon as its last one has completed."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp

from proof.bench.driver.client import Client
from proof.bench.driver.plan import Plan, Seen
from proof.bench.driver.race import race

Run = Callable[[int, Callable[[], None]], Awaitable[list[Seen]]]
"""Does so many generations, calling back after each."""


@asynccontextmanager
async def crowd(plan: Plan) -> AsyncIterator[Run]:
    """The clients of `plan`, connected while the context lasts."""
    headers = {"Authorization": f"Bearer {plan.key}", "Content-Type": "application/json"}
    # No limit of its own: a client has one request under way at a time, so each keeps one connection.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        clients = [await Client.connect(session, plan.url) for _ in range(plan.at_once)]
        numbers = itertools.count(1)

        def developing(client: Client) -> Callable[[], Awaitable[Seen]]:
            return lambda: client.develop(f"a lighthouse at dusk, storm light, plate {next(numbers)}")

        async def run(count: int, done: Callable[[], None]) -> list[Seen]:
            return await race([developing(client) for client in clients], count, done)

        yield run
