"""Calls the painter as a client of Replicate would."""

import asyncio
from typing import Any

import aiohttp

MODEL = "somebody/some-model"
"""It has no page, so its input is not held against one."""
PATIENCE = 10.0
"""Seconds a test waits for a prediction before it fails."""


class Caller:
    """One client of one painter."""

    def __init__(self, origin: str, session: aiohttp.ClientSession) -> None:
        self.origin = origin
        self.session = session

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Status and JSON of one request."""
        url = path if path.startswith("http") else self.origin + path
        async with self.session.request(method, url, **options) as answer:
            return answer.status, await answer.json(content_type=None)

    async def create(self, prompt: str = "a quiet lake", **more: Any) -> dict[str, Any]:
        """A new prediction of a small picture; `more` are further keys of the body, `input` adds to the input."""
        given = {"prompt": prompt, "width": 64, "height": 64} | more.pop("input", {})
        status, body = await self.ask("POST", f"/v1/models/{MODEL}/predictions", json={"input": given, **more})
        assert status == 201, body
        prediction: dict[str, Any] = body
        return prediction

    async def get(self, key: str) -> dict[str, Any]:
        """A prediction as it stands."""
        status, body = await self.ask("GET", f"/v1/predictions/{key}")
        assert status == 200, body
        prediction: dict[str, Any] = body
        return prediction

    async def finished(self, key: str) -> dict[str, Any]:
        """A prediction once no status follows."""
        async with asyncio.timeout(PATIENCE):
            while (prediction := await self.get(key))["completed_at"] is None:
                pass
        return prediction

    async def output(self, url: str) -> tuple[int, str, bytes]:
        """Status, media type and bytes of an output, asked for without a token."""
        async with aiohttp.request("GET", url) as answer:
            return answer.status, answer.content_type, await answer.read()

    async def faults(self, *rules: dict[str, Any]) -> None:
        """Put these fault rules in force."""
        status, body = await self.ask("PUT", "/_painter/faults", json=list(rules))
        assert status == 200, body
