"""The people of a run: honest neighbours, the owner of hostile models, a curious neighbour and an odd caller."""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import orjson

from proof.hostile.behaviours import BEHAVIOURS, prompt_of
from proof.hostile.book import Book
from proof.hostile.options import NEIGHBOURS, WARM_UP, Options

MODEL = {"model_id": "black-forest-labs/flux-schnell", "num_outputs": 1}
PROMPT = "secret plans of neighbour"
"""Begins every honest prompt: what the curious one looks for."""
_WORDS = PROMPT.replace(" ", "%20")
CURIOUS_SECONDS = 0.1
ODD_SECONDS = 0.1


class People:
    """All of them, at one web process. `keys` are the neighbours', then the hostile one's, then the curious one's."""

    def __init__(self, options: Options, url: str, keys: list[str], book: Book, session: aiohttp.ClientSession) -> None:
        self._options = options
        self._url = url
        *self._neighbours, self._hostile, self._curious = keys
        self._book = book
        self._session = session
        self._numbers = itertools.count()

    async def warm_up(self) -> None:
        """A few honest generations that nobody measures."""
        for _ in range(WARM_UP):
            await self._develop([])

    async def live_alone(self) -> None:
        """Honest load for as long as the options say."""
        await self._load(self._book.alone_ms, lambda: False)

    async def live_beside(self) -> None:
        """The same beside everybody else, until all of them are done."""
        hostile = asyncio.create_task(self._submit_hostile())
        others = [asyncio.create_task(work()) for work in (self._be_curious, self._send_odd)]
        try:
            await self._load(self._book.beside_ms, lambda: not hostile.done())
            await hostile
        finally:
            for task in (*others, hostile):
                task.cancel()
            ended = await asyncio.gather(*others, hostile, return_exceptions=True)
        for one in ended:
            if isinstance(one, Exception):
                raise one

    async def _load(self, times: list[float], more: Callable[[], bool]) -> None:
        """Submit at the honest rate, whatever the answers take."""
        ends = time.monotonic() + self._options.seconds
        dice = self._options.dice("honest", len(self._book.honest))
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < ends or more():
                group.create_task(self._develop(times))
                await asyncio.sleep(dice.expovariate(self._options.honest_rate))

    async def _develop(self, times: list[float]) -> None:
        number = next(self._numbers)
        body = {**MODEL, "prompt": f"{PROMPT} {number}"}
        begun = time.monotonic()
        key = self._neighbours[number % NEIGHBOURS]
        status, answer = await self._post("/v1/generations", body, key, Prefer="wait=110")
        times.append(1_000 * (time.monotonic() - begun))
        if status == 200 and answer["status"] == "completed":
            self._book.honest.append(answer["id"])
        else:
            self._book.refused.append(f"honest #{number}: {status} {orjson.dumps(answer)[:300].decode()}")

    async def _submit_hostile(self) -> None:
        dice = self._options.dice("hostile")
        wanted = [name for _ in range(self._options.rounds) for name in BEHAVIOURS]
        dice.shuffle(wanted)
        for number, name in enumerate(wanted):
            body = {**MODEL, "prompt": prompt_of(name, number), "max_attempts": 3}
            status, answer = await self._post("/v1/generations", body, self._hostile)
            if status == 202:
                self._book.hostile[answer["id"]] = name
            else:
                self._book.refused.append(f"{name}: {status} {orjson.dumps(answer)[:300].decode()}")
            await asyncio.sleep(dice.expovariate(self._options.hostile_rate))

    async def _be_curious(self) -> None:
        """Ask for what is others' by id, by what it says, and by list."""
        dice = self._options.dice("curious")
        while True:
            if self._book.honest:
                foreign = dice.choice(self._book.honest)
                for path in (
                    f"/v1/generations/{foreign}",
                    f"/v1/generations/{foreign}/events",
                    f"/rest/v1/image_generations?id=eq.{foreign}",
                    f"/rest/v1/images?generation_id=eq.{foreign}",
                    f"/rest/v1/image_generations?prompt=like.{_WORDS}*",
                    f"/rest/v1/image_generations?prompt=like.{_WORDS}%5C",
                    "/rest/v1/images?select=*,image_generations(*)",
                    "/v1/generations?limit=100",
                ):
                    await self._peek(path)
            await asyncio.sleep(CURIOUS_SECONDS)

    async def _peek(self, path: str) -> None:
        """Nothing is there; and an impossible question is answered as the same about words that nobody has written."""
        self._book.asked += 1
        status, answer = await self._send("GET", path, self._curious)
        nothing = status == 404 or (status == 200 and (answer == [] or answer == {"items": [], "next_cursor": None}))
        if not nothing and _WORDS in path:
            nothing = (status, answer) == await self._send(
                "GET", path.replace(_WORDS, "nobodys%20words"), self._curious
            )
        if not nothing:
            self._book.seen.append(f"GET {path}: {status} {orjson.dumps(answer)[:300].decode()}")

    async def _send_odd(self) -> None:
        dice = self._options.dice("odd")
        while True:
            name, body = dice.choice(ODD_BODIES)
            for path in ("/v1/generations", "/v1/batches", "/functions/v1/start-generation"):
                headers = {"Authorization": f"Bearer {self._curious}", "Content-Type": "application/json"}
                try:
                    async with self._session.post(f"{self._url}{path}", data=body, headers=headers) as response:
                        await response.read()
                        self._book.odd_answers[str(response.status)] += 1
                        if response.status >= 500 or response.status < 400:
                            self._book.wrong.append(f"POST {path} with {name}: {response.status}")
                except aiohttp.ClientError as lost:
                    self._book.wrong.append(f"POST {path} with {name}: {type(lost).__name__} {lost}")
            await asyncio.sleep(ODD_SECONDS)

    async def _post(self, path: str, body: Any, key: str, **headers: str) -> tuple[int, Any]:
        return await self._send("POST", path, key, data=orjson.dumps(body), **headers)

    async def _send(
        self, method: str, path: str, key: str, data: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Status and document. A connection that is lost is told as status 0."""
        wanted = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        try:
            async with self._session.request(method, f"{self._url}{path}", data=data, headers=wanted) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError) as lost:
            return 0, f"{type(lost).__name__} {lost}"
        try:
            return response.status, orjson.loads(content)
        except orjson.JSONDecodeError:
            return response.status, content[:300].decode(errors="replace")


def _with(metadata: bytes) -> bytes:
    return b'{"prompt": "odd", "metadata": ' + metadata + b"}"


ODD_BODIES: tuple[tuple[str, bytes], ...] = (
    ("253 levels", _with(b'{"a":' * 253 + b"1" + b"}" * 253)),
    ("100,000 levels", _with(b"[" * 100_000 + b"]" * 100_000)),
    ("no number", _with(b'{"a": NaN}')),
    ("a number past any", _with(b'{"a": 1e400}')),
    ("NUL", b'{"prompt": "a\\u0000b"}'),
    ("half an emoji", b'{"prompt": "\\ud83d"}'),
    ("bytes that are no text", b'{"prompt": "\xff\xfe"}'),
    ("a moment no clock has", b'{"prompt": "odd", "deadline": "9999-12-31T23:59:59-01:00"}'),
    ("a seed of 5,000 digits", b'{"prompt": "odd", "seed": ' + b"9" * 5_000 + b"}"),
    ("a list", b"[]"),
    ("half a document", b'{"prompt": "odd"'),
)
"""Bodies that no door may accept, and none may answer with a server error."""
