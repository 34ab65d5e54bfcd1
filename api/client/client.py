"""The client: HTTP by aiohttp, the websocket by `api.client.watch`."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast
from uuid import uuid4

import aiohttp
from yarl import URL

from api.client.address import Address
from api.client.answer import read_answer
from api.client.download import download
from api.client.frames import Event
from api.client.generation import Generation, GenerationPage
from api.client.insist import insist
from api.client.queue import Queue
from api.client.watch import Watch

TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5)
"""Seconds. Enough for a slow network; every answer but a picture is small."""


class Client:
    """Darkroom over the network, as an async context manager.

    Every method raises Problem when the server refuses and Unreachable when it does not answer.
    """

    def __init__(self, url: str, api_key: str, *, patience: float = 60) -> None:
        """`patience` is how many seconds a dropped watch tries to come back. Raises Invalid for a bad url."""
        self.address = Address(url)
        self._authorization = {"Authorization": f"Bearer {api_key}"}
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None
        self._answered = False

    async def __aenter__(self) -> Self:
        # The key is no session header: a picture may lie with a stranger, who must not see it.
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def submit(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Generation:
        """Ask for a generation. Asked again with the same idempotency key, the first one answers.

        Without a key a fresh one is drawn; so a lost answer or a 503 is met by asking again, and buys nothing twice.
        """
        headers = {"Idempotency-Key": idempotency_key or str(uuid4())}
        url = self.address.http("v1/generations")
        with self._explained():
            answer = await insist(lambda: self._ask("POST", url, json=dict(body), headers=headers))
        return cast("Generation", answer)

    async def get(self, generation_id: str) -> Generation:
        """One generation with its timeline and pictures. Problem with status 404 when it isn't yours."""
        return cast("Generation", await self._json("GET", self._generation(generation_id)))

    async def cancel(self, generation_id: str) -> Generation:
        """Call one off. Problem with status 409 when it is completed or failed already."""
        return cast("Generation", await self._json("POST", self._generation(generation_id) / "cancel"))

    async def retry(self, generation_id: str) -> Generation:
        """Try a failed or cancelled one again. Problem with status 409 when it cannot be."""
        return cast("Generation", await self._json("POST", self._generation(generation_id) / "retry"))

    async def delete(self, generation_id: str) -> None:
        """Delete a finished one with its pictures. Problem with status 409 when it is not finished."""
        await self._json("DELETE", self._generation(generation_id))

    def _generation(self, generation_id: str) -> URL:
        return self.address.http("v1/generations") / generation_id

    async def list(
        self,
        *,
        status: str | None = None,
        model_id: str | None = None,
        batch_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> GenerationPage:
        """A page of your generations, newest first; `cursor` is the last page's `next_cursor`."""
        asked = {
            "status": status,
            "model_id": model_id,
            "batch_id": batch_id,
            "limit": None if limit is None else str(limit),
            "cursor": cursor,
        }
        params = {name: value for name, value in asked.items() if value is not None}
        return cast("GenerationPage", await self._json("GET", self.address.http("v1/generations"), params=params))

    async def queue(self) -> Queue:
        """What waits and what runs."""
        return cast("Queue", await self._json("GET", self.address.http("v1/queue")))

    def watch(
        self,
        generation_id: str,
        after: int = 0,
        *,
        dropped: Callable[[str], None] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Every transition above version `after`, once and in order, until a final one; progress between.

        Comes back by itself when the connection drops, telling `dropped` why. A server that never answered
        is Unreachable at once; one that did, after `patience` seconds. To leave early, `contextlib.aclosing`.
        """
        return Watch(
            self.address,
            self._authorization,
            generation_id,
            after,
            look=self.get,
            dropped=dropped,
            patience=self._patience,
            known=self._answered,
        ).events()

    async def download(self, url: str, path: Path) -> int:
        """Save the picture at `url` to `path`, which appears complete or not at all; gives its size in bytes.

        Raises OSError when the file cannot be written.
        """
        return await download(self._open_session, self.address, self.address.resolve(url), path)

    @property
    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use the client as `async with Client(…) as client`")
        return self._session

    async def _json(self, method: str, url: URL, **asked: Any) -> Any:
        with self._explained():
            return await self._ask(method, url, **asked)

    async def _ask(self, method: str, url: URL, *, headers: Mapping[str, str] | None = None, **asked: Any) -> Any:
        async with self._open_session.request(
            method,
            url,
            headers={**self._authorization, **(headers or {})},
            allow_redirects=False,  # a redirected POST would come back as somebody's GET
            **asked,
        ) as response:
            self._answered = True
            return await read_answer(response, self.address)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what aiohttp raises into Unreachable, which says what to do."""
        try:
            yield
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.address.unreachable(error) from error
