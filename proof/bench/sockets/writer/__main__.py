"""`python -m proof.bench.sockets.writer`: commits transitions as it is told (see proof/bench/sockets/obey.py)."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.cancel import cancel
from pipeline.database import open_engine
from pipeline.memory import settle_memory
from pipeline.moves import as_move
from pipeline.notices import Notices
from pipeline.retry import retry
from pipeline.settings import Settings
from pipeline.statements import execute, statement
from pipeline.submit import Submissions
from proof.bench.failure import BenchFailed
from proof.bench.sockets.obey import Verb, obey
from proof.bench.sockets.writer.commits import count_commits
from proof.bench.sockets.writer.population import copy_finished, enrol, submission, user_of
from proof.bench.sockets.writer.walk import Moved, Walk


class Writer:
    """What can be asked of it. Transitions are given as [id, version, nanoseconds when the commit had returned]."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._notices = Notices(engine)
        self._submissions = Submissions(engine)

    async def enrol(self, users: int) -> list[str]:
        """The keys of so many users."""
        return await enrol(self._engine, users)

    async def submit(self, count: int, users: int) -> list[str]:
        """Queue `count` generations, which the users own in turn; their ids."""
        given = [submission(user_of(number, users)) for number in range(count)]
        rows = await asyncio.gather(*(self._submissions.submit(one) for one in given))
        self._notices.note([as_move(row) for row in rows])
        await self._notices.flush()
        return [str(row.id) for row in rows]

    async def pace(self, count: int, transitions_per_second: float) -> list[Moved]:
        """Take the next `count` queued generations to their ends at a steady pace; their three transitions each."""
        async with self._walking(notes=True) as walk:
            await walk.pace(count, transitions_per_second / 3)
        return walk.moved

    async def race(
        self, seconds: float, at_once: int, users: int, provider_seconds: float, notes: bool
    ) -> dict[str, Any]:
        """Take new generations through at full speed, `at_once` at a time, for so long; their four transitions each.

        Also in how many commits that was done.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds

        async def one_after_the_other(walk: Walk, number: int) -> None:
            while loop.time() < until:
                await walk.through(await self._submissions.submit(submission(user_of(number, users))))

        async with self._walking(notes=notes, provider_seconds=provider_seconds) as walk:
            for number in range(at_once):
                walk.group.create_task(one_after_the_other(walk, number))
        commits = await count_commits(self._engine, [id_ for id_, version, _ in walk.moved if version == 1])
        return {"moved": walk.moved, "commits": commits}

    async def change(self, id_: str) -> Moved:
        """Call one that is queued off, or queue it again when it was."""
        generation_id = UUID(id_)
        row = await cancel(self._engine, generation_id) or await retry(self._engine, generation_id)
        at = time.monotonic_ns()
        if row is None:
            raise BenchFailed(f"generation {id_} is neither queued nor called off")
        self._notices.note([as_move(row)])
        await self._notices.flush()
        return id_, row.version, at

    async def finished(self, users: int) -> list[str]:
        """The ids of generations finished before anybody asks, one for each user."""
        (first,) = await self.submit(1, users)
        await self.pace(1, 1)
        return await copy_finished(self._engine, UUID(first), [user_of(number, users) for number in range(users)])

    async def vacuum(self) -> None:
        """Have Postgres clear dead rows away now, not when it gets round to it."""
        await execute(self._engine, statement("VACUUM ANALYZE image_generations"))

    @asynccontextmanager
    async def _walking(self, *, notes: bool, provider_seconds: float = 0.0) -> AsyncIterator[Walk]:
        """A walk that is over, with all its notices sent, when the context ends."""
        async with asyncio.TaskGroup() as group:
            walk = Walk(self._engine, self._notices if notes else None, group, provider_seconds)
            yield walk
        await self._notices.flush()


async def main() -> int:
    """Obey until standard input ends; the exit code."""
    engine = open_engine(Settings())
    writer = Writer(engine)
    settle_memory()
    verbs: tuple[Verb, ...] = (
        writer.enrol,
        writer.submit,
        writer.pace,
        writer.race,
        writer.change,
        writer.vacuum,
        writer.finished,
    )
    try:
        return await obey({verb.__name__: verb for verb in verbs})
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
