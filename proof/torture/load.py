"""The load: clients who submit at a seeded random pace, and go on as long as something is still to be killed."""

import asyncio
import itertools
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

from proof.doors import BATCH, SUBMIT, Doors
from proof.torture.book import Accepted, Book
from proof.torture.options import Options

CLIENTS = 8
FIRST = 4
"""Each client's first submissions come at once, so that the first kill finds rows to hit."""
TWO_PICTURES = 0.15
TOLD = 0.3
"""Share of the generations whose ends a receiver is told."""
BATCHES = 0.03
"""Share of the submissions that come with others, as a batch."""
BATCHED = 4
BRITTLE, SHATTERED = "on brittle glass", "on shattered glass"
"""In the prompts of generations whose outputs the painter spoils, now and then or each time. Of them alone a picture
that was sold may be lost."""
PLATES = (BRITTLE, SHATTERED, "on paper")
SHARES = (0.25, 0.03, 0.72)
MODEL = {"model_id": "stability-ai/sdxl", "width": 256, "height": 256, "max_attempts": 10}
SCENES = ("a lighthouse at dusk", "a harbour in fog", "firs under snow", "a balloon over dunes", "the sea at noon")


class Load:
    """Submits the generations of `options`; tells `accepted` of each one that was taken."""

    def __init__(
        self, options: Options, doors: Doors, book: Book, accepted: Callable[[Accepted], None], receiver: str
    ) -> None:
        self._options = options
        self._doors = doors
        self._book = book
        self._accepted = accepted
        self._receiver = receiver

    async def run(self, enough: asyncio.Event) -> None:
        """Submit for as long as the options say, and then on until `enough`."""
        begun = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for client in range(CLIENTS):
                group.create_task(self._client(client, begun, enough))

    async def _client(self, client: int, begun: float, enough: asyncio.Event) -> None:
        dice = self._options.dice("load", client)
        loop = asyncio.get_running_loop()
        paced = max(self._options.generations / CLIENTS - FIRST, 1)
        for turn in itertools.count():
            number = client + turn * CLIENTS
            if number >= self._options.generations and enough.is_set():
                return
            # By plan, not by pause: who was held up by a killed web catches up.
            at = begun + self._options.seconds * max(turn - FIRST + dice.random(), 0) / paced
            await asyncio.sleep(at - loop.time())
            await self._submit(number, dice)

    async def _submit(self, number: int, dice: Random) -> None:
        (plate,) = dice.choices(PLATES, SHARES)
        prompt = f"{dice.choice(SCENES)} {plate}, number {number}"
        outputs, priority = (2 if dice.random() < TWO_PICTURES else 1), dice.choice((0, 0, 0, 5))
        body = {**MODEL, "prompt": prompt, "num_outputs": outputs, "priority": priority}
        if dice.random() < TOLD:
            body["webhook_url"] = self._receiver
        key = str(UUID(int=dice.getrandbits(128), version=4))
        if dice.random() < BATCHES:
            await self._submit_batch(number, body, dice, key)
            return
        answer = await self._doors.knock(SUBMIT, "POST", "/v1/generations", dice, body=body, key=key)
        if answer is None or answer.status != 202:
            self._book.refused.append(f"{prompt}: {'nobody answered' if answer is None else answer.status}")
            return
        taken = Accepted(answer.document["id"], number, prompt)
        self._book.accepted.append(taken)
        self._accepted(taken)

    async def _submit_batch(self, number: int, body: dict[str, Any], dice: Random, key: str) -> None:
        prompt = str(body.pop("prompt"))
        asked = {"prompts": [f"{prompt}, print {nth}" for nth in range(BATCHED)], "settings": body}
        answer = await self._doors.knock(BATCH, "POST", "/v1/batches", dice, body=asked, key=key)
        if answer is None or answer.status != 202:
            self._book.refused.append(f"a batch of {prompt}: {'nobody answered' if answer is None else answer.status}")
            return
        for nth, made in enumerate(answer.document["generations"]):
            taken = Accepted(made["id"], number + (nth + 1) * 1_000_000, prompt)
            self._book.accepted.append(taken)
            self._accepted(taken)
