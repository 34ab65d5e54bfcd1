"""Server-sent events: the same transitions, resumed by Last-Event-ID, ended with the generation."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import orjson
import pytest

from api.gateway.view import View
from pipeline.read import read_generation
from tests.api.conftest import Web
from tests.api.gateway.load import submit_many
from tests.darkroom import Darkroom, User
from tests.until import until

STAGES = ["queued", "processing", "downloading", "completed"]


async def event(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    """The next event's fields, its data read; comments and the first `retry` are passed over."""
    fields: dict[str, Any] = {}
    async for line in answer.content:
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        if name in {"id", "event"}:
            fields[name] = value
        elif name == "data":
            fields["data"] = orjson.loads(value)
        elif not name and "data" in fields:
            return fields
    raise EOFError


def address(id_: str) -> str:
    return f"/v1/generations/{id_}/events"


async def test_every_transition_then_the_stream_ends(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        id_ = (await user.submit())["id"]
        async with user.http.get(address(id_)) as answer:
            assert (answer.status, answer.content_type) == (200, "text/event-stream")
            assert answer.headers["Cache-Control"] == "no-store"
            seen: list[dict[str, Any]] = []
            while not seen or seen[-1]["data"]["status"] != "completed":
                if (one := await event(answer))["event"] == "transition":
                    seen.append(one)
            assert [one["data"]["status"] for one in seen] == STAGES
            assert [one["id"] for one in seen] == ["1", "2", "3", "4"]
            with pytest.raises(EOFError):
                await event(answer)
        async with user.http.get(address(id_), headers={"Last-Event-ID": "2"}) as answer:
            assert [(await event(answer))["id"] for _ in range(2)] == ["3", "4"]
        # A browser that comes back after the last one is told to stay away.
        async with user.http.get(address(id_), headers={"Last-Event-ID": "4"}) as answer:
            assert answer.status == 204


async def test_what_moves_while_a_stream_begins_comes_through(web: Web) -> None:
    """Its beginning waits until what it has sent was taken: whoever takes must not wait for the beginning."""
    async with web.darkroom.user() as user:
        (id_,) = await submit_many(web.state, user.id, 1, "short")
        row = await read_generation(web.state.engine, UUID(id_))
        assert row is not None
        opening = asyncio.create_task(user.http.get(address(id_)))
        # Registered, and its snapshot is being read: now its generation is offered.
        await until(lambda: bool(web.state.topics.everyone()))
        for subscription in web.state.topics.everyone():
            subscription.offer(View(row))
        answer = await opening
        async with asyncio.timeout(20):
            assert (await event(answer))["data"]["status"] == "queued"
        answer.close()


async def test_a_browser_brings_its_key_in_the_address(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, darkroom.client(None) as http:
        id_ = (await user.submit())["id"]
        async with http.get(address(id_), params={"access_token": user.key, "after": "1"}) as answer:
            assert (await event(answer))["id"] == "2"


async def test_progress_comes_without_an_id(web: Web) -> None:
    async with web.darkroom.user() as user:
        (id_,) = await submit_many(web.state, user.id, 1, "short")
        async with user.http.get(address(id_)) as answer:
            assert (await event(answer))["event"] == "transition"
            progress = await event(answer)
            assert (progress["event"], progress["data"]["position"], "id" in progress) == ("progress", 1, False)


async def test_a_stream_whose_client_is_gone_is_left(web: Web) -> None:
    async with web.darkroom.user() as user:
        async with opened(web, user) as answer:
            await event(answer)
            assert len(web.state.sockets) == 1
            answer.close()
        await until(lambda: len(web.state.sockets) == 0)
        assert web.state.topics.everyone() == set()


async def test_it_ends_when_the_process_is_about_to_stop_and_with_its_key(web: Web) -> None:
    async with web.darkroom.user() as user, opened(web, user) as stopping, opened(web, user) as revoked:
        await event(stopping)
        await event(revoked)
        await web.darkroom.execute("UPDATE api_keys SET revoked_at = now() WHERE user_id = $1", user.id)
        await web.state.admissions.check()
        with pytest.raises(EOFError):
            await event(revoked)
    async with web.darkroom.user() as user, opened(web, user) as stopping:
        await event(stopping)
        await web.state.sockets.drain(0)
        with pytest.raises(EOFError):
            await event(stopping)
        async with user.http.get(address(str(uuid4()))) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


def opened(web: Web, user: User) -> Any:
    """A stream of a generation that nobody develops."""

    class Opened:
        async def __aenter__(self) -> aiohttp.ClientResponse:
            (id_,) = await submit_many(web.state, user.id, 1, "short")
            self.answer = await user.http.get(address(id_))
            return self.answer

        async def __aexit__(self, *_: object) -> None:
            self.answer.close()

    return Opened()


@pytest.mark.parametrize("after", ["yesterday", "-1", "2147483648"])
async def test_a_bad_place_to_go_on_is_named(darkroom: Darkroom, after: str) -> None:
    async with darkroom.user() as user:
        answer = await user.http.get(address(str(UUID(int=1))), headers={"Last-Event-ID": after})
        assert (answer.status, (await answer.json())["errors"][0]["field"]) == (422, "after")
