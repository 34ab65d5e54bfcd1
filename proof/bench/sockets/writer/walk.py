"""A walk: generations taken through the lifecycle by the pipeline's own statements, without a provider or a store."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.turns import Turns
from pipeline.advance import collect_finished
from pipeline.callback import Callbacks
from pipeline.claim import claim_downloads, claim_queued
from pipeline.coalesce import Coalescer
from pipeline.moves import Move, as_move
from pipeline.notices import Notices
from pipeline.outputs import finish
from proof.bench.failure import BenchFailed

LANE = "replicate"
LARGEST = 64
"""What one claim takes, as the actors'."""
LEASE_SECONDS = 600.0


Moved: TypeAlias = tuple[str, int, int]
"""A transition: id, version, and when its commit had returned, in nanoseconds of this machine's monotonic clock."""


class Walk:
    """Commits what the actors commit: claims and collects in turns, answers and completions coalesced.

    Each commit's moves are handed to the notices, when there are any, as soon as it has returned. A prediction takes
    up to `provider_seconds`. Errors end `group`.
    """

    def __init__(
        self, engine: AsyncEngine, notices: Notices | None, group: asyncio.TaskGroup, provider_seconds: float = 0.0
    ) -> None:
        self._provider_seconds = provider_seconds
        self.moved: list[Moved] = []
        self._engine = engine
        self._notices = notices
        self.group = group
        self._callbacks = Callbacks(engine)
        self._claims = Turns(self._claim_all)
        self._collects = Turns(self._collect_all)
        self._downloads = Turns(self._claim_downloads)
        self._finish: Coalescer[dict[str, Any], Move | None] = Coalescer(self._complete, largest=100)
        self._ends: dict[UUID, asyncio.Future[None]] = {}

    async def pace(self, count: int, per_second: float) -> None:
        """Begin `count` queued generations at a steady pace; each goes on by itself."""
        loop = asyncio.get_running_loop()
        begun, claimed = loop.time(), 0
        while claimed < count:
            due = min(count, int((loop.time() - begun) * per_second) + 1) - claimed
            if due > 0:
                claimed += await self._claim(due)
            await asyncio.sleep(begun + claimed / per_second - loop.time())

    async def through(self, row: Row[Any]) -> None:
        """Take one that was just submitted to its end, with whatever else is on its way."""
        self.note([as_move(row)])
        end = self._ends[row.id] = asyncio.get_running_loop().create_future()
        await self._claims.take()
        await end

    def note(self, moves: Sequence[Move]) -> None:
        """These have just been committed."""
        now = time.monotonic_ns()
        self.moved += [(str(move.id), move.version, now) for move in moves]
        if self._notices is not None:
            self._notices.note(moves)

    async def _claim_all(self) -> None:
        while await self._claim(LARGEST) == LARGEST:
            continue

    async def _claim(self, most: int) -> int:
        claimed = await claim_queued(self._engine, {LANE: most}, LEASE_SECONDS)
        self.note([as_move(row) for row in claimed])
        for row in claimed:
            self.group.create_task(self._answer(row))
        return len(claimed)

    async def _answer(self, row: Row[Any]) -> None:
        """What a provider would say."""
        await asyncio.sleep(random.uniform(0, self._provider_seconds))
        prediction_id = uuid4().hex
        output = [f"http://127.0.0.1/outputs/{prediction_id}/0.png"]
        prediction = {"status": "succeeded", "output": output, "seconds": 0.001}
        if not await self._callbacks.commit(row.id, row.attempt_number, prediction_id, prediction, provider=LANE):
            raise BenchFailed(f"generation {row.id} took no answer")
        await self._collects.take()

    async def _collect_all(self) -> None:
        found = await collect_finished(self._engine, LARGEST)
        self.note(found.moved)
        if found.moved:
            self.group.create_task(self._downloads.take())
        if len(found.moved) == LARGEST:
            await self._collect_all()

    async def _claim_downloads(self) -> None:
        claimed = await claim_downloads(self._engine, LARGEST, LEASE_SECONDS)
        for row in claimed:
            self.group.create_task(self._keep(row))
        if len(claimed) == LARGEST:
            await self._claim_downloads()

    async def _keep(self, row: Row[Any]) -> None:
        """What the store would do."""
        filename = f"{uuid4().hex}.png"
        path = f"{row.id}/{filename}"
        picture = {"id": uuid4(), "idx": 0, "filename": filename, "storage_path": path, "file_size": 197_000}
        shown = {"public_url": f"http://127.0.0.1/images/{path}", "width": 256, "height": 256, "format": "png"}
        moved = await self._finish({"id": row.id, "fence": row.fence, "pictures": [picture | shown]})
        if moved is None:
            raise BenchFailed(f"generation {row.id} was lost on its way")
        self.note([moved])
        if end := self._ends.pop(row.id, None):
            end.set_result(None)

    async def _complete(self, batch: list[dict[str, Any]]) -> list[Move | None]:
        moved = {move.id: move for move in await finish(self._engine, batch)}
        return [moved.get(row["id"]) for row in batch]
