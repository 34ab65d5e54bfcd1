"""Hands: people who change rows in psql."""

import asyncio
import time
from collections.abc import Sequence
from random import Random
from uuid import UUID

from proof.gateway.book import Book, Gift
from proof.gateway.clients.crowd import Crowd
from proof.gateway.faults.reserve import Reserve
from proof.gateway.faults.statements import (
    BY_HAND,
    ENDED_BY_HAND,
    GIVEN_AWAY,
    QUEUED_BY_HAND,
    TOUCHED_BY_HAND,
    change,
)
from proof.gateway.people import Person
from proof.gateway.until import until
from proof.plain_connection import connect

LATEST = 60
"""Among so many of the latest generations a hand looks for one that is under way."""
MOST_AT_ONCE = 12
CHANGES = (
    ENDED_BY_HAND.format(status="failed"),
    ENDED_BY_HAND.format(status="cancelled"),
    QUEUED_BY_HAND,
    TOUCHED_BY_HAND,
)
FOLLOWERS = 2
KEPT_SECONDS = (0.0, 4.0)
"""From the gift until something happens to it."""
FOLLOWED_SECONDS = 5.0


class Hands:
    """Change what the pipeline is at work on, and whose it is."""

    def __init__(self, database_url: str, reserve: Reserve, users: Sequence[Person], crowd: Crowd, book: Book) -> None:
        self._url = database_url
        self._reserve = reserve
        self._users = users
        self._crowd = crowd
        self._book = book

    async def change(self, dice: Random) -> None:
        """Fail, cancel, queue again or merely touch a few, in one statement."""
        known = self._book.submitted
        statement = dice.choice(CHANGES)
        among = known if statement == QUEUED_BY_HAND else known[-LATEST:]
        ids = [UUID(one) for one in dice.sample(among, min(len(among), dice.randint(1, MOST_AT_ONCE)))]
        connection = await connect(self._url)
        try:
            await connection.execute(statement, ids)
        finally:
            connection.terminate()

    async def give_away(self, dice: Random) -> None:
        """Give a generation to another user while its owner's clients follow it; then something happens to it."""
        generation_id, giver = await self._reserve.take(dice)
        taker = dice.choice([user for user in self._users if user != giver])
        topic, clients = f"generation:{generation_id}", self._crowd.of_user(giver.id)[:FOLLOWERS]
        for client in clients:
            await client.follow(topic)
        await until(lambda: any(client.is_told(topic) for client in clients), FOLLOWED_SECONDS)
        version = await change(self._url, GIVEN_AWAY, UUID(generation_id), taker.id, by_hand=True)
        self._book.given[generation_id] = Gift(version, giver.id, taker.id, time.time())
        await asyncio.sleep(dice.uniform(*KEPT_SECONDS))
        await change(self._url, BY_HAND.format(status="cancelled"), UUID(generation_id), by_hand=True)
