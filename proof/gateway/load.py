"""The load: users who submit through the doors at a seeded random pace, one by one, for later, or a batch at a time."""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from proof.doors import SUBMIT, Doors
from proof.gateway.book import Batch, Book
from proof.gateway.failure import CouldNotRun
from proof.gateway.options import Options
from proof.gateway.people import Person

BATCH, LATER = 0.02, 0.10
"""How likely a turn is a batch; or one generation that is to begin later."""
BATCH_SIZES = (4, 12)
BATCHES_LATER = 0.5
"""Share of the batches that begin later."""
LATER_SECONDS = (0.5, 6.0)
SLOWER = 4
"""How much slower, once the load is done and something else is not."""
NEVER = "2999-01-01T00:00:00Z"
"""When what is kept in reserve would begin."""
SCENES = ("a lighthouse at dusk", "a harbour in fog", "firs under snow", "a balloon over dunes", "the sea at noon")
BODY = {"model_id": "stability-ai/sdxl", "width": 256, "height": 256}

Accepted = Callable[[int, str, str], None]
"""Is told a number, a generation's id and its owner."""


class Load:
    """Submits the generations of `options`, and on for as long as something is still to be done."""

    def __init__(
        self,
        options: Options,
        doors: Mapping[str, Doors],
        book: Book,
        accepted: Accepted,
        batched: Callable[[Batch], None],
    ) -> None:
        self._options = options
        self._doors = doors
        self._book = book
        self._accepted = accepted
        self._batched = batched
        self._numbers = itertools.count(1)

    async def run(self, users: Sequence[Person], enough: asyncio.Event) -> None:
        """Every user submits their share by plan, and goes on at a slower pace until `enough`."""
        share = self._options.generations / len(users)
        async with asyncio.TaskGroup() as group:
            for user in users:
                group.create_task(self._user(user, share, enough))

    async def reserve(self, user: Person, dice: Random) -> str:
        """A generation of the user's that does not begin by itself; its id."""
        return await self._submit(user, dice, NEVER)

    async def _user(self, user: Person, share: float, enough: asyncio.Event) -> None:
        dice = self._options.dice("load", user.id)
        loop = asyncio.get_running_loop()
        begun, submitted, apart = loop.time(), 0, self._options.seconds / share
        while submitted < share or not enough.is_set():
            # By plan, not by pause: who was held up by a restarting gateway catches up.
            due = min(submitted, share) + max(submitted - share, 0) * SLOWER
            await asyncio.sleep(begun + apart * (due + dice.random()) - loop.time())
            drawn = dice.random()
            if drawn < BATCH:
                submitted += await self._batch(user, dice)
                continue
            seconds = dice.uniform(*LATER_SECONDS) if drawn < BATCH + LATER else None
            generation_id = await self._submit(user, dice, _moment(seconds) if seconds else None)
            self._book.submitted.append(generation_id)
            self._accepted(next(self._numbers), generation_id, user.id)
            submitted += 1

    async def _batch(self, user: Person, dice: Random) -> int:
        size = dice.randint(*BATCH_SIZES)
        later = {"scheduled_at": _moment(dice.uniform(*LATER_SECONDS))} if dice.random() < BATCHES_LATER else {}
        body = {"prompts": [dice.choice(SCENES) for _ in range(size)], "settings": {**BODY, **later}}
        made = await self._post("/v1/batches", user, dice, body)
        members = [member["id"] for member in made["generations"]]
        batch = Batch(made["id"], user.id, frozenset(members))
        self._book.batches[batch.id] = batch
        self._book.submitted += members
        self._batched(batch)
        return size

    async def _submit(self, user: Person, dice: Random, scheduled_at: str | None) -> str:
        body = {**BODY, "prompt": dice.choice(SCENES), "scheduled_at": scheduled_at}
        generation_id: str = (await self._post("/v1/generations", user, dice, body))["id"]
        return generation_id

    async def _post(self, path: str, user: Person, dice: Random, body: dict[str, Any]) -> Any:
        key = str(UUID(int=dice.getrandbits(128), version=4))
        answer = await self._doors[user.id].knock(SUBMIT, "POST", path, dice, body=body, key=key)
        if answer is None or answer.status != 202:
            said = "nobody answered" if answer is None else f"{answer.status} {answer.document}"
            raise CouldNotRun(f"a submission was not taken: {said}")
        return answer.document


def _moment(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
