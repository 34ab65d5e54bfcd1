"""The receiver: a web server beside Darkroom that is told how generations ended, and is in a bad mood now and then."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import aiohttp
import orjson
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from proof.torture.book import Book, Heard
from proof.torture.failure import CouldNotRun

REFUSED = 0.15
"""Share of the events whose first try is answered with 500. Their second comes after five seconds."""


@dataclass(frozen=True)
class Receiver:
    """A running one."""

    url: str


@asynccontextmanager
async def receiving(
    book: Book, dice: Random, darkroom_url: str, http: aiohttp.ClientSession
) -> AsyncIterator[Receiver]:
    """Listen on loopback, and note in the book whatever comes and is taken."""
    async with http.get(f"{darkroom_url}/v1/webhooks/secret") as answer:
        if answer.status != 200:
            raise CouldNotRun(f"the webhooks' secret was answered {answer.status}")
        webhook, seen = Webhook((await answer.json())["secret"]), set[str]()

    async def take(request: web.BaseRequest) -> web.Response:
        body, message = await request.read(), request.headers.get("webhook-id", "")
        try:
            webhook.verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            book.forged.append(f"{message}: {error}")
            return web.Response(status=400)
        if message not in seen:
            seen.add(message)
            if dice.random() < REFUSED:
                return web.Response(status=500)
        data = orjson.loads(body)["data"]
        book.heard.append(Heard(message, data["id"], data["version"], data["status"]))
        return web.Response()

    runner = web.ServerRunner(web.Server(take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Receiver(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    finally:
        await runner.cleanup()
