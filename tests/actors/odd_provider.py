"""A real server that speaks Replicate's, fal's and OpenAI's APIs, with outputs of any shape and numbers that repeat."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.pipeline.media.samples import sample


@dataclass
class OddProvider:
    """What it is to answer, and what it was asked."""

    output: Any = None
    """What every prediction brings; a callable is given the prediction's number among all that were sold."""
    id_of: Callable[[int], str] = "p{}".format
    """The number that a purchase is answered with. It is kept under one of its own: the answer comes from a cache."""
    sold: list[dict[str, Any]] = field(default_factory=list)
    """The purchases, oldest first: {id, input, created_at}."""
    reads: int = 0
    """How often single predictions were read."""
    url: str = ""

    def picture(self, nth: int = 0) -> str:
        """The address of a picture that can be fetched."""
        return f"{self.url}/pictures/{nth}.png"

    def prediction(self, nth: int) -> dict[str, Any]:
        """The nth purchase as it has ended, in Replicate's shape."""
        bought = self.sold[nth]
        output = self.output(nth) if callable(self.output) else self.output
        return {**bought, "status": "succeeded", "output": output, "metrics": {"predict_time": 2.0}}

    def sell(self, inputs: Any) -> str:
        """Sell a prediction; the number that the answer has."""
        nth = len(self.sold)
        self.sold.append({"id": f"p{nth}", "input": inputs, "created_at": datetime.now(UTC).isoformat()})
        return self.id_of(nth)

    async def create(self, request: web.Request) -> web.Response:
        """POST /v1/models/{owner}/{name}/predictions: Replicate's."""
        inputs = (await request.json())["input"]
        answered = self.sell(inputs)
        return web.json_response({"id": answered, "status": "starting", "input": inputs}, status=201)

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/predictions/{id}: Replicate's."""
        self.reads += 1
        found = [nth for nth, one in enumerate(self.sold) if one["id"] == request.match_info["id"]]
        if not found:
            return web.json_response({"detail": "Not found."}, status=404)
        return web.json_response(self.prediction(found[0]))

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/predictions: Replicate's."""
        listed = [self.prediction(nth) for nth in reversed(range(len(self.sold)))]
        return web.json_response({"results": listed, "next": None})

    async def queue(self, request: web.Request) -> web.Response:
        """POST /fal/…: fal's queue."""
        return web.json_response({"request_id": self.sell(await request.json()), "status": "IN_QUEUE"})

    async def status(self, request: web.Request) -> web.Response:
        """GET /fal/…/requests/{id}/status: fal's."""
        return web.json_response({"status": "COMPLETED", "metrics": {"inference_time": 2.0}})

    async def result(self, request: web.Request) -> web.Response:
        """GET /fal/…/requests/{id}: fal's."""
        self.reads += 1
        nth = next(nth for nth, one in enumerate(self.sold) if one["id"] == request.match_info["id"])
        return web.json_response(self.prediction(nth)["output"])

    async def images(self, request: web.Request) -> web.Response:
        """POST /openai/v1/images/generations: OpenAI's, which answers with the pictures."""
        answered = self.sell(await request.json())
        nth = len(self.sold) - 1
        return web.json_response(self.prediction(nth)["output"], headers={"x-request-id": answered})


@asynccontextmanager
async def selling(port: int, **given: Any) -> AsyncIterator[OddProvider]:
    """An odd provider at a port of loopback; `given` are its fields."""
    odd = OddProvider(**given, url=f"http://127.0.0.1:{port}")

    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=sample("png"), content_type="image/png")

    app = web.Application()
    app.router.add_post("/v1/models/{owner}/{name}/predictions", odd.create)
    app.router.add_get("/v1/predictions", odd.page)
    app.router.add_get("/v1/predictions/{id}", odd.get)
    app.router.add_get("/pictures/{name}", picture)
    app.router.add_post("/openai/v1/images/generations", odd.images)
    app.router.add_get("/fal/{owner}/{name}/requests/{id}/status", odd.status)
    app.router.add_get("/fal/{owner}/{name}/requests/{id}", odd.result)
    app.router.add_post("/fal/{model:.+}", odd.queue)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield odd
    finally:
        await runner.cleanup()
