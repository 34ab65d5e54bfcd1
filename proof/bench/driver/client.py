"""One client: a kept-alive HTTP connection and a websocket that stays open."""

import asyncio
import time
from datetime import datetime
from typing import Any, Self

import aiohttp
import orjson

from proof.bench.driver.plan import Seen
from proof.bench.driver.sequence import Sequence
from proof.bench.failure import BenchFailed

PATIENCE_SECONDS = 60.0
"""How long one generation may take before the bench fails."""


class Client:
    """Develops one generation after the other."""

    def __init__(self, session: aiohttp.ClientSession, url: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self._url = f"{url}/v1/generations"
        self._socket = socket

    @classmethod
    async def connect(cls, session: aiohttp.ClientSession, url: str) -> Self:
        """Open the websocket; the session's headers carry the key."""
        return cls(session, url, await session.ws_connect(f"{url}/v1/ws", compress=0))

    async def develop(self, prompt: str) -> Seen:
        """Submit, follow to the end, check every frame. Raises BenchFailed, TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            posted_at, begun = time.time(), time.perf_counter()
            sequence = Sequence(await self._submit(prompt))
            answered_at = time.time()
            await self._say("subscribe", sequence.topic)
            while not sequence.take(frame := await self._frame()):
                continue
            completed_at, seconds = time.time(), time.perf_counter() - begun
            await self._say("unsubscribe", sequence.topic)
            sequence.end(await self._frame())
        generation = frame["generation"]
        return Seen(
            prediction_id=generation["replicate_prediction_id"],
            seconds=seconds,
            posted_at=posted_at,
            answered_at=answered_at,
            completed_at=completed_at,
            timeline=[datetime.fromisoformat(entry["at"]).timestamp() for entry in generation["timeline"]],
        )

    async def _submit(self, prompt: str) -> str:
        body = orjson.dumps({"prompt": prompt, "width": 256, "height": 256})
        async with self._session.post(self._url, data=body) as answer:
            content = await answer.read()
            if answer.status != 202:
                raise BenchFailed(f"POST was answered {answer.status}: {content[:500]!r}")
        generation_id: str = orjson.loads(content)["id"]
        return generation_id

    async def _say(self, kind: str, topic: str) -> None:
        await self._socket.send_str(orjson.dumps({"type": kind, "ref": "1", "topic": topic}).decode())

    async def _frame(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise BenchFailed(f"the websocket ended: {message.type.name} {message.data} {message.extra}")
        frame: dict[str, Any] = orjson.loads(message.data)
        return frame
