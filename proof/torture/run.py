"""One torture from the first submission to the audit."""

import asyncio
import time
from contextlib import AsyncExitStack

import aiohttp
import orjson

from api.client import Client
from proof.beside import beside
from proof.doors import Doors, session
from proof.progress import Show
from proof.torture.alongside import Visitors
from proof.torture.audit.audit import audit
from proof.torture.audit.world import look_at
from proof.torture.book import Accepted, Book
from proof.torture.darkroom import Darkroom
from proof.torture.faults import Weather
from proof.torture.followers import Followers, open_client
from proof.torture.kills.schedule import Schedule
from proof.torture.load import Load
from proof.torture.options import Options
from proof.torture.outcome import Outcome, Times, outcome_of
from proof.torture.receiver import receiving
from proof.torture.settle import settle, swept
from proof.torture.spender import Spender, enter

SHOW_SECONDS = 0.5
LAST_FRAMES_SECONDS = 15.0
"""For the followers, once everything is final: a gateway's reconnect, and its safety look."""


async def torture(options: Options, darkroom: Darkroom, show: Show) -> Outcome:
    """Do all of it. Raises CouldNotRun when Darkroom ends by itself, which its supervisor does when it gives up."""
    return await beside(darkroom, _torture(options, darkroom, show))


async def _torture(options: Options, darkroom: Darkroom, show: Show) -> Outcome:
    book = Book()
    schedule = Schedule(options, darkroom)
    begun = time.monotonic()
    async with (
        session(darkroom.key) as doors,
        aiohttp.ClientSession() as plain,
        open_client(darkroom.url, darkroom.key) as client,
        AsyncExitStack() as stack,
    ):
        watching = asyncio.create_task(_watch(book, schedule, show))
        try:
            receiver = await stack.enter_async_context(receiving(book, options.dice("receiver"), darkroom.url, doors))
            spender = await stack.enter_async_context(session(await enter(darkroom.database_url)))
            spending = Spender(options, Doors(spender, lambda: darkroom.url, book), book)
            following = await _under_load(
                options, darkroom, book, schedule, client, doors, plain, spending, receiver.url
            )
            loaded = time.monotonic()
            watching.cancel()
            show("waiting until everything has ended", len(book.accepted))
            settling = await settle(darkroom)
            await _end(following, LAST_FRAMES_SECONDS if settling < options.settle_seconds else 0.0)
            show("waiting until the store is swept", len(book.accepted))
            sweeping = await swept(darkroom) if settling < options.settle_seconds else 0.0
            show("auditing", len(book.accepted))
            world = await look_at(darkroom, book)
            # Beside log and ledger, for whoever keeps them.
            await asyncio.to_thread(darkroom.log.with_name("rows.json").write_bytes, orjson.dumps(world.rows))
            findings = await audit(world, options, schedule.counted, plain)
        finally:
            watching.cancel()
    times = Times(loaded - begun, settling, sweeping, time.monotonic() - begun)
    return outcome_of(options, times, world, schedule.counted, findings)


async def _under_load(
    options: Options,
    darkroom: Darkroom,
    book: Book,
    schedule: Schedule,
    client: Client,
    http: aiohttp.ClientSession,
    plain: aiohttp.ClientSession,
    spender: Spender,
    receiver: str,
) -> "set[asyncio.Task[None]]":
    """Load, kills, faults and visitors, until all of them are done. The followers, who may not be, are given back."""
    doors = Doors(http, lambda: darkroom.url, book)
    visitors, followers = Visitors(options, doors, book), Followers(options, client, book)
    following: set[asyncio.Task[None]] = set()
    over = asyncio.Event()
    async with asyncio.TaskGroup() as others:
        for painter_url, second in ((darkroom.painter_url, False), (f"{darkroom.painter_url}/fal", True)):
            weather = Weather(options, plain, painter_url, darkroom.painter_headers, second=second)
            others.create_task(weather.change(over))
        if options.visitors:
            others.create_task(visitors.retry_failed(over))

        def accepted(one: Accepted) -> None:
            following.add(asyncio.create_task(followers.follow(one)))
            if options.visitors:
                others.create_task(visitors.visit(one))

        async with asyncio.TaskGroup() as group:
            group.create_task(schedule.run())
            group.create_task(Load(options, doors, book, accepted, receiver).run(schedule.over))
            group.create_task(spender.run())
        over.set()
    return following


async def _end(following: "set[asyncio.Task[None]]", within: float) -> None:
    """Let the followers see the last frames; who then still waits has missed one."""
    _, waiting = await asyncio.wait(following, timeout=within) if following else (set(), set())
    for task in waiting:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)


async def _watch(book: Book, schedule: Schedule, show: Show) -> None:
    while True:
        last = schedule.counted[-1].kind if schedule.counted else "nothing yet"
        show(f"{len(schedule.counted)} kills, the last: {last}", len(book.accepted))
        await asyncio.sleep(SHOW_SECONDS)
