"""One run from the first honest picture to the audit."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from signal import SIGTERM
from subprocess import PIPE, Popen
from sys import executable
from typing import Any

import aiohttp
import orjson

from pipeline.api_keys import new_key, save_key
from pipeline.database import open_engine
from pipeline.embedded.leash import leashed
from pipeline.settings import Settings
from proof.bench.spread import spread_of
from proof.beside import beside
from proof.hostile.audit import Finding, World, audit
from proof.hostile.book import Book
from proof.hostile.ledger import read_ledger
from proof.hostile.memory import Memory
from proof.hostile.options import LEASE_SECONDS, NEIGHBOURS, SETTLE_SECONDS, Options
from proof.hostile.people import People
from proof.hostile.poison import write_poison
from proof.hosting import Hosted, hosted
from proof.progress import Show
from proof.surroundings import surroundings
from proof.torture.rows import Rows

LOOK_SECONDS = 0.3
TIMEOUT = aiohttp.ClientTimeout(total=180)


class CouldNotRun(Exception):
    """The proof itself could not go on."""


@dataclass(frozen=True)
class Outcome:
    """One run, ended and audited."""

    options: Options
    world: World
    settling: float
    """Seconds from the last submission until nothing moved any more."""
    findings: list[Finding]


def prove(options: Options, show: Show, *, keep: bool) -> Outcome:
    """Run everything. Raises CouldNotRun."""
    with _provider() as provider, _darkroom(provider, keep=keep) as darkroom:
        return asyncio.run(beside(darkroom, _prove(options, provider, darkroom, show)))


@contextmanager
def _provider() -> Iterator[str]:
    """The address of a provider in a process of its own."""
    command = [executable, "-m", "proof.hostile.provider"]
    with Popen(leashed(command, SIGTERM), stdout=PIPE, env=surroundings()) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise CouldNotRun("the provider did not start")
            yield orjson.loads(line)["url"]
        finally:
            process.terminate()


@contextmanager
def _darkroom(provider: str, *, keep: bool) -> Iterator[Hosted]:
    """A Darkroom that buys there; its egress reaches the public internet only, as in production."""
    with hosted(
        keep=keep,
        failure=CouldNotRun,
        prefix="darkroom-hostile-",
        REPLICATE_API_URL=provider,
        REPLICATE_API_TOKEN="r8_of_the_proof",
        DARKROOM_LEASE_SECONDS=str(LEASE_SECONDS),
    ) as darkroom:
        yield darkroom


async def _prove(options: Options, provider: str, darkroom: Hosted, show: Show) -> Outcome:
    book, rows = Book(), Rows(darkroom.database_url)
    before = darkroom.pids()
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=5)
    async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as session:
        people = People(options, darkroom.url, await _keys(darkroom.database_url), book, session)
        show("warming up", 0)
        await people.warm_up()
        alone, with_hostile = Memory(darkroom), Memory(darkroom)
        show("honest neighbours alone", len(book.honest))
        await _while(alone.watch(), people.live_alone())
        show("the hostile beside them", len(book.honest))
        poison = write_poison(darkroom.database_url, "poisoner", book)
        await _while(with_hostile.watch(), _while(poison, people.live_beside()))
        show("waiting until everything has ended", len(book.honest))
        settling = await _settle(rows)
    show("auditing", len(book.honest))
    after = darkroom.pids()
    world = World(
        book=book,
        ledger=await read_ledger(provider),
        rows=await rows.generations(),
        images=await rows.images(),
        restarted=sorted(name for name, pid in before.items() if after.get(name) != pid),
        alone=spread_of(ms / 1_000 for ms in book.alone_ms),
        beside=spread_of(ms / 1_000 for ms in book.beside_ms),
        memory_alone_mb=dict(alone.largest_mb),
        memory_beside_mb=dict(with_hostile.largest_mb),
    )
    return Outcome(options, world, settling, audit(world))


async def _keys(database_url: str) -> list[str]:
    """Keys of the neighbours, of the hostile model's owner, and of the curious neighbour."""
    engine = open_engine(Settings(database_url=database_url, _env_file=None))
    keys = []
    for name in (*(f"neighbour-{number}" for number in range(NEIGHBOURS)), "hostile", "curious"):
        keys.append(new_key())
        await save_key(engine, keys[-1], name=name, user_id=name, role="user")
    await engine.dispose()
    return keys


async def _while(other: Any, work: Awaitable[None]) -> None:
    """Do `work` beside `other`, which goes on until it is done. Raises what either raises."""
    beside_it, doing = asyncio.ensure_future(other), asyncio.ensure_future(work)
    try:
        await asyncio.wait([beside_it, doing], return_when=asyncio.FIRST_COMPLETED)
        await (doing if doing.done() else beside_it)
    finally:
        for task in (beside_it, doing):
            task.cancel()
        await asyncio.wait([beside_it, doing])


async def _settle(rows: Rows) -> float:
    """Wait until no row is unfinished or has a clock, SETTLE_SECONDS at most; the seconds that it took."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < SETTLE_SECONDS:
        if not await rows.ticking():
            return passed
        await asyncio.sleep(LOOK_SECONDS)
    return SETTLE_SECONDS
