"""The crowd: who the clients are, what each follows, and when."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

from proof.gateway.clients.client import Client
from proof.gateway.clients.drops import drop_all, plan
from proof.gateway.clients.journal import Journal
from proof.gateway.failure import CouldNotRun
from proof.gateway.options import Options
from proof.gateway.people import Person
from proof.gateway.until import until

SERVICE_CLIENTS = 0.015
"""Share of the clients that come with the service key."""
FEED, QUEUE = 0.4, 0.12
"""Shares of the clients that follow `generations`, and `queue`, all the time."""
NOW, LATER, STRANGER = 0.10, 0.04, 0.05
"""How likely each client of its owner's follows a generation at once, or long after; and that a stranger tries to."""
BATCHES = 0.4
AT_ONCE_SECONDS = 1.0
"""A generation that is followed at once is met anywhere between its acceptance and its end."""
LATER_SHARES = (0.1, 0.5)
"""Of the load's time: how long after its acceptance one is followed that has long ended."""
MOST_TOPICS = 6
"""Generations and batches that a client follows at a time; the longest followed is left for the next."""
AGAIN_SECONDS = 8.0
"""Between two times that a client subscribes anew over a subscription that stands, on average."""
CONNECTED_SECONDS = 60.0
STANDING = ("generations", "queue")


class Crowd:
    """All clients, and the witnesses: one for each gateway, who stays with it and is left alone."""

    def __init__(
        self, options: Options, users: Sequence[Person], service: Person, gateways: Sequence[str], folder: Path
    ) -> None:
        self._options = options
        self._over = False
        seers = max(round(options.clients * SERVICE_CLIENTS), 1)
        people = [service] * seers + [users[number % len(users)] for number in range(options.clients - seers)]
        self.clients = [self._client(number, person, gateways, folder) for number, person in enumerate(people, 1)]
        first = options.clients + 1
        self.witnesses = [
            self._client(number, service, [gateway], folder) for number, gateway in enumerate(gateways, first)
        ]
        self._of_user: dict[str, list[Client]] = {}
        for client in self.clients:
            self._of_user.setdefault(client.person.id, []).append(client)

    def _client(self, number: int, person: Person, gateways: Sequence[str], folder: Path) -> Client:
        return Client(number, person, gateways, self._options.dice("client", number), Journal(folder, number))

    @property
    def everybody(self) -> list[Client]:
        """Clients and witnesses."""
        return [*self.clients, *self.witnesses]

    def of_user(self, user_id: str) -> list[Client]:
        """The clients of one user."""
        return self._of_user.get(user_id, [])

    async def gather(self) -> None:
        """Say who follows what all the time, and wait until all are connected. Raises CouldNotRun."""
        for client in self.clients:
            dice = self._options.dice("standing", client.record.number)
            if client.person.sees_all or dice.random() < FEED:
                await client.follow("generations")
            if dice.random() < QUEUE:
                await client.follow("queue")
        if not await until(lambda: all(client.is_settled for client in self.everybody), CONNECTED_SECONDS):
            raise CouldNotRun(f"not every client was let in within {CONNECTED_SECONDS:.0f} s")

    async def drop(self) -> None:
        """Do every forced disconnect."""
        share, rest = divmod(self._options.disconnects, len(self.clients))
        async with asyncio.TaskGroup() as group:
            for turn, client in enumerate(self.clients):
                dice = self._options.dice("drops", client.record.number)
                drops = plan(dice, share + (turn < rest))
                group.create_task(drop_all(client, drops, self._options.seconds, dice))

    async def follow_generation(self, number: int, generation_id: str, owner: str) -> None:
        """A generation was accepted: some of its owner's clients follow it, now or later, and a stranger may try."""
        dice = self._options.dice("follow", number)
        topic = f"generation:{generation_id}"
        async with asyncio.TaskGroup() as group:
            for client in self.of_user(owner):
                drawn = dice.random()
                if drawn < NOW:
                    group.create_task(self._follow(client, topic, dice.uniform(0, AT_ONCE_SECONDS)))
                elif drawn < NOW + LATER:
                    later = self._options.seconds * dice.uniform(*LATER_SHARES)
                    group.create_task(self._follow(client, topic, later))
            if dice.random() < STRANGER:
                group.create_task(self._follow(dice.choice(self.clients), topic, dice.uniform(0, AT_ONCE_SECONDS)))

    async def follow_batch(self, batch_id: str, owner: str, dice: Random) -> None:
        """A batch was made: some of its owner's clients follow it, and a stranger may try."""
        for client in self.of_user(owner):
            if dice.random() < BATCHES:
                await self._follow(client, f"batch:{batch_id}", 0)
        await self._follow(dice.choice(self.clients), f"batch:{batch_id}", 0)

    async def subscribe_again(self) -> None:
        """Now and then a client subscribes anew to what it follows; until `rest`."""
        dice = self._options.dice("again")
        while not self._over:
            await asyncio.sleep(dice.expovariate(len(self.clients) / AGAIN_SECONDS))
            client = dice.choice(self.clients)
            if client.topics and not self._over:
                await client.follow(dice.choice(client.topics))

    def rest(self) -> None:
        """From now on nobody begins to follow anything."""
        self._over = True

    async def _follow(self, client: Client, topic: str, after_seconds: float) -> None:
        await asyncio.sleep(after_seconds)
        if self._over:
            return
        passing = [known for known in client.topics if known not in STANDING]
        if len(passing) >= MOST_TOPICS:
            await client.leave(passing[0])
        await client.follow(topic)
