"""The client: HTTP by aiohttp, the websocket by `api.client.subscription` and what stands on it."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast
from uuid import uuid4

import aiohttp
from yarl import URL

from api.client.address import Address
from api.client.answer import read_answer
from api.client.connection import KEEPALIVE
from api.client.download import download
from api.client.feed import OF_BATCH, OF_GENERATIONS, Feed, queue_standings
from api.client.frames import BatchEvent, Event, QueueStanding
from api.client.generation import Generation, GenerationPage
from api.client.insist import insist
from api.client.models import Models
from api.client.queue import Queue
from api.client.subscription import Line
from api.client.watch import Watch
from api.client.webhooks import DeliveryPage, WebhookSecret, WholeDelivery

TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5)
"""Seconds. Enough for a slow network; every answer but a picture is small."""


class Client:
    """Darkroom over the network, as an async context manager.

    Every method raises Problem when the server refuses and Unreachable when it does not answer.
    """

    def __init__(self, url: str, api_key: str, *, patience: float = 60, keepalive: float = KEEPALIVE) -> None:
        """`patience` is how many seconds a dropped watch or feed tries to come back; `math.inf` for ever.

        `keepalive` is how many seconds pass between pings, and how many an answer may take: a line that carries
        nothing any more is noticed after twice as long. Raises Invalid for a bad url.
        """
        self.address = Address(url)
        self._authorization = {"Authorization": f"Bearer {api_key}"}
        self._patience = patience
        self._keepalive = keepalive
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

    async def models(self) -> Models:
        """The models: what each takes, brings and costs."""
        return cast("Models", await self._json("GET", self.address.http("v1/models")))

    async def deliveries(
        self,
        *,
        generation_id: str | None = None,
        state: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> DeliveryPage:
        """A page of your webhooks' deliveries, newest first; `cursor` is the last page's `next_cursor`."""
        asked = {
            "generation_id": generation_id,
            "state": state,
            "limit": None if limit is None else str(limit),
            "cursor": cursor,
        }
        params = {name: value for name, value in asked.items() if value is not None}
        return cast("DeliveryPage", await self._json("GET", self.address.http("v1/webhooks/deliveries"), params=params))

    async def delivery(self, delivery_id: str) -> WholeDelivery:
        """One delivery with its tries and its body. Problem with status 404 when it isn't yours."""
        return cast("WholeDelivery", await self._json("GET", self._delivery(delivery_id)))

    async def replay(self, delivery_id: str) -> WholeDelivery:
        """Send one again under the same id, whatever came of it; its endpoint is enabled."""
        return cast("WholeDelivery", await self._json("POST", self._delivery(delivery_id) / "replay"))

    def _delivery(self, delivery_id: str) -> URL:
        return self.address.http("v1/webhooks/deliveries") / delivery_id

    async def webhook_secret(self) -> WebhookSecret:
        """What signs your webhooks; it is made when there is none."""
        return cast("WebhookSecret", await self._json("GET", self.address.http("v1/webhooks/secret")))

    async def rotate_webhook_secret(self) -> WebhookSecret:
        """Make a new secret; the one so far signs beside it for 24 hours. Problem with status 409 after too many."""
        return cast("WebhookSecret", await self._json("POST", self.address.http("v1/webhooks/secret/rotate")))

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
        return Watch(self._line(dropped), generation_id, after, look=self.get).events()

    def feed(
        self, after: str | None = None, *, dropped: Callable[[str], None] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Every transition of all generations that are yours (of everybody's, with a service key); progress between.

        Begins with the unfinished ones, or behind a transition whose `cursor` is `after`: then the last few seconds
        may come again. Has no end. Comes back by itself, as `watch` does: each transition once, of each generation in
        order; where the server cannot resume, a Reset comes first.
        """
        return Feed(self._line(dropped), "generations", after, OF_GENERATIONS).events()

    def watch_batch(
        self, batch_id: str, after: str | None = None, *, dropped: Callable[[str], None] | None = None
    ) -> AsyncGenerator[BatchEvent, None]:
        """The same of one batch, and its counts whenever they change."""
        return Feed(self._line(dropped), f"batch:{batch_id}", after, OF_BATCH).events()

    def watch_queue(self, *, dropped: Callable[[str], None] | None = None) -> AsyncGenerator[QueueStanding, None]:
        """How the queue stands, about once a second, without an end. Comes back by itself, as `watch` does."""
        return queue_standings(self._line(dropped))

    async def download(self, url: str, path: Path) -> int:
        """Save the picture at `url` to `path`, which appears complete or not at all; gives its size in bytes.

        Raises OSError when the file cannot be written.
        """
        return await download(self._open_session, self.address, self.address.resolve(url), path)

    def _line(self, dropped: Callable[[str], None] | None) -> Line:
        return Line(
            self.address,
            self._authorization,
            known=self._answered,
            patience=self._patience,
            keepalive=self._keepalive,
            dropped=dropped,
        )

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
