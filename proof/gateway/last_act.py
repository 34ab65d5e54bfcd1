"""The last act: nothing moves any more; then rows are changed without a notice, which only the safety look finds."""

import asyncio
from collections.abc import Sequence
from random import Random
from uuid import UUID

from proof.gateway.book import Book
from proof.gateway.clients.client import Client
from proof.gateway.clients.crowd import Crowd
from proof.gateway.faults.reserve import Reserve
from proof.gateway.faults.statements import UNNOTICED, change
from proof.gateway.people import Person
from proof.gateway.until import until
from proof.plain_connection import fetch

STILL_SECONDS = 90.0
"""How long the pipeline may take to end what it has begun."""
_MOVING = """
    SELECT count(*) AS count FROM image_generations
    WHERE status IN ('queued', 'processing', 'downloading')
      OR (status = 'pending' AND due_at < now() + interval '1 day')
"""
LOOK_SECONDS = 0.3
CONNECTED_SECONDS = 30.0
LAST_FRAMES_SECONDS = 15.0
"""For the last frames: a gateway's reconnect, and its safety look."""
REPEATS_SECONDS = 2.5
"""Another safety look: what it sends now is sent twice."""


async def still(database_url: str) -> bool:
    """Wait until nothing moves by itself any more; whether it came to that."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + STILL_SECONDS
    while (await fetch(database_url, _MOVING))[0]["count"]:
        if loop.time() > ends:
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return True


async def last_act(
    database_url: str, crowd: Crowd, reserve: Reserve, users: Sequence[Person], dice: Random, book: Book
) -> None:
    """One generation of each user's is ended unnoticed; then wait for the last frames, and for some that are too many.

    Who has not heard by then never will: that is for the audit to find.
    """
    chosen = [await reserve.take(dice, user) for user in users]
    for generation_id, owner in chosen:
        for client in dice.sample(crowd.of_user(owner.id), 1):
            await client.follow(f"generation:{generation_id}")
    await until(lambda: all(client.is_settled for client in crowd.everybody), CONNECTED_SECONDS)
    versions = [
        (generation_id, await change(database_url, UNNOTICED, UUID(generation_id), by_hand=False))
        for generation_id, _ in chosen
    ]
    book.done["unnoticed at the end"] = len(versions)
    await until(lambda: all(_has_ended(client, versions) for client in crowd.clients), LAST_FRAMES_SECONDS)
    await asyncio.sleep(REPEATS_SECONDS)


def _has_ended(client: Client, versions: Sequence[tuple[str, int]]) -> bool:
    """Whether the client was told of each that it follows by its id."""
    return all(
        client.has_heard(generation_id, version)
        for generation_id, version in versions
        if client.is_told(f"generation:{generation_id}")
    )
