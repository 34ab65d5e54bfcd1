"""Followers: websockets that watch some of the generations, and must see each transition once and in order."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from api.client import Client, Problem, Transition, Unreachable
from proof.torture.book import Accepted, Book, Followed
from proof.torture.options import Options

FOLLOWED = 0.05
"""Share of the generations that somebody watches."""
PATIENCE_SECONDS = 120.0


class Followers:
    """Watch through the project's own client, which comes back by itself after a drop."""

    def __init__(self, options: Options, client: Client, book: Book) -> None:
        self._options = options
        self._client = client
        self._book = book

    async def follow(self, accepted: Accepted) -> None:
        """Watch one generation to its first final status, if its dice say so."""
        if self._options.dice("follow", accepted.number).random() >= FOLLOWED:
            return
        followed = self._book.followed[accepted.id] = Followed()
        try:
            async with aclosing(self._client.watch(accepted.id)) as events:
                async for event in events:
                    if isinstance(event, Transition):
                        followed.seen.append((event.version, event.status))
            followed.ended = ""
        except (Problem, Unreachable) as reason:
            followed.ended = str(reason)


@asynccontextmanager
async def open_client(url: str, key: str) -> AsyncIterator[Client]:
    """A client that has spoken with the server once, so that a server that is away later is waited for."""
    async with Client(url, key, patience=PATIENCE_SECONDS) as client:
        await client.queue()
        yield client
