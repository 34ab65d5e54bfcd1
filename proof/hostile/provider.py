"""`python -m proof.hostile.provider`: a server that speaks Replicate's HTTP API, honest to most and hostile to some.

A purchase whose prompt names a behaviour is treated that way, every other one is developed and delivered as it should
be. Prints one JSON line with its addresses once it listens; ends on SIGTERM. The list of predictions holds odd items
beside the good ones, as a shared account's does.
"""

import asyncio
import base64
import itertools
import json
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from standardwebhooks import Webhook

from pipeline.embedded.ports import LOOPBACK
from proof.hostile.behaviours import BEHAVIOURS, LONE_SURROGATE, Behaviour, Places, behaviour_of
from proof.hostile.ledger import Ledger, Sale
from proof.hostile.pictures import FILES, File

SECONDS = 0.3
"""How long a prediction runs."""
PAGE = 100
ENDLESS_BYTES = 200 * 2**20
"""After so many an endless body does end, for the sake of whoever reads it all."""
ODD_ITEMS: list[Any] = [
    {"status": "succeeded"},
    {"id": 17, "status": None},
    {"id": "odd", "status": "starting", "logs": LONE_SURROGATE, "metrics": {"predict_time": float("inf")}},
    "not an object",
    None,
]
_GOOD_FILE = "good.webp"


class Provider:
    """Its state, and a handler for each of its routes."""

    def __init__(self) -> None:
        secret = secrets.token_bytes(24)
        self._signer = Webhook(secret)
        self._secret = f"whsec_{base64.b64encode(secret).decode()}"
        self._numbers = itertools.count(1)
        self._predictions: dict[str, dict[str, Any]] = {}
        self._sales: list[Sale] = []
        self._knocks: list[str] = []
        self._refused: set[str] = set()
        self._files: dict[str, File] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.places = Places("", "")

    async def open(self) -> tuple[str, str]:
        """Listen on two ports of this machine's: the provider's address, and that of the service inside."""
        self._session = aiohttp.ClientSession()
        inside = web.Application()
        inside.router.add_route("*", "/{path:.*}", self._knock_inside)
        outside = web.Application(client_max_size=2**26)
        outside.add_routes(
            [
                web.post("/v1/models/{owner}/{name}/predictions", self._sell),
                web.post("/v1/predictions", self._sell),
                web.get("/v1/predictions", self._list),
                web.get("/v1/predictions/{id}", self._show),
                web.post("/v1/predictions/{id}/cancel", self._show),
                web.get("/v1/webhooks/default/secret", self._show_secret),
                web.get("/files/{name}", self._serve),
                web.get("/ledger", self._show_ledger),
            ]
        )
        inside_url, url = [await _listen(one) for one in (inside, outside)]
        self.places = Places(files=f"{url}/files", inside=inside_url)
        return url, inside_url

    async def _sell(self, request: web.Request) -> web.Response:
        asked = orjson.loads(await request.read())
        prompt, callback = asked["input"]["prompt"], asked.get("webhook", "")
        name = behaviour_of(prompt)
        behaviour = BEHAVIOURS[name] if name else None
        if behaviour and behaviour.sale == "refused-once" and prompt not in self._refused:
            self._refused.add(prompt)
            return web.Response(status=408, text="<html>Request Timeout</html>", content_type="text/html")
        prediction_id = f"p{next(self._numbers)}"
        self._sales.append(Sale(prompt, callback))
        self._predictions[prediction_id] = {
            "id": prediction_id,
            "status": "processing",
            "input": asked["input"],
            "created_at": datetime.now(UTC).isoformat(),
            "output": None,
        }
        task = asyncio.create_task(self._develop(prediction_id, callback, behaviour))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if behaviour and behaviour.sale == "unanswered" and request.transport:
            request.transport.abort()
        return _json({**self._predictions[prediction_id], "status": "starting"}, 201)

    async def _develop(self, prediction_id: str, callback: str, behaviour: Behaviour | None) -> None:
        await asyncio.sleep(SECONDS)
        good = {
            "status": "succeeded",
            "output": [f"{self.places.files}/{_GOOD_FILE}"],
            "metrics": {"predict_time": SECONDS},
            "error": None,
        }
        answer = behaviour.answer(self.places) if behaviour else {}
        finished = self._predictions[prediction_id] = {**self._predictions[prediction_id], **good, **answer}
        how = behaviour.webhook if behaviour else "sent"
        if how == "foreign":
            # Signed by the same account, about another prediction: whatever it does, it may not do it to this address.
            await self._post(
                callback, _bytes({**finished, "id": "p-of-nobody", "status": "failed", "error": "foreign"})
            )
        body = b'{"id": "' + prediction_id.encode() if how == "garbled" else _bytes(finished)
        for _ in range({"lost": 0, "twice": 2}.get(how, 1)):
            await self._post(callback, body)

    async def _post(self, callback: str, body: bytes) -> None:
        assert self._session is not None
        now = datetime.now(UTC)
        message = f"msg_{secrets.token_hex(8)}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(message, now, body.decode()),
        }
        try:
            async with self._session.post(callback, data=body, headers=headers) as answer:
                await answer.read()
        except aiohttp.ClientError as lost:
            sys.stderr.write(f"webhook lost: {lost}\n")

    async def _show(self, request: web.Request) -> web.Response:
        found = self._predictions.get(request.match_info["id"])
        return _json(found, 200) if found else _json({"detail": "not found"}, 404)

    async def _list(self, request: web.Request) -> web.Response:
        newest = list(reversed(self._predictions.values()))
        first = int(request.query.get("cursor", 0))
        more = f"{request.url.origin()}/v1/predictions?cursor={first + PAGE}" if len(newest) > first + PAGE else None
        return _json({"next": more, "previous": None, "results": [*ODD_ITEMS, *newest[first : first + PAGE]]}, 200)

    async def _show_secret(self, _: web.Request) -> web.Response:
        return _json({"key": self._secret}, 200)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name == "redirect-inside":
            return web.Response(status=302, headers={"Location": f"{self.places.inside}/secret.png"})
        if name == "endless":
            return await _endless(request)
        if name not in self._files:
            self._files[name] = await asyncio.to_thread(FILES[name])
        file = self._files[name]
        return web.Response(body=file.body, content_type=file.content_type)

    async def _knock_inside(self, request: web.Request) -> web.Response:
        self._knocks.append(f"{request.method} {request.path}")
        good = await asyncio.to_thread(FILES[_GOOD_FILE])
        return web.Response(body=good.body, content_type=good.content_type)

    async def _show_ledger(self, _: web.Request) -> web.Response:
        return web.Response(body=Ledger(self._sales, self._knocks).as_json(), content_type="application/json")


async def _endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "image/png"})
    await answer.prepare(request)
    # Whoever has enough hangs up.
    with suppress(ConnectionError):
        for _ in range(ENDLESS_BYTES // 2**16):
            await answer.write(bytes(2**16))
    return answer


async def _listen(application: web.Application) -> str:
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


def _bytes(answer: Any) -> bytes:
    """JSON as Python writes it: with NaN, and with half an emoji as an escape, which strict readers refuse."""
    return json.dumps(answer).encode()


def _json(answer: Mapping[str, Any], status: int) -> web.Response:
    return web.Response(body=_bytes(answer), status=status, content_type="application/json")


async def main() -> None:
    """Serve until the process is ended."""
    url, inside = await Provider().open()
    sys.stdout.buffer.write(orjson.dumps({"url": url, "inside": inside}) + b"\n")
    sys.stdout.buffer.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
