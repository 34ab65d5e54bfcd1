"""A stranger sees the same in a Darkroom full of other people's rows as in an empty one, whatever they ask.

What may differ stands in CONTRACT, with the reason.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import aiohttp
import pytest

from pipeline.embedded.ports import any_free_port
from pipeline.embedded.stack import Stack
from pipeline.settings import Settings
from tests.api.stranger.walk import (
    Asked,
    as_text,
    channels,
    creations,
    excepted,
    lists,
    routes,
    shape,
    tables,
    topics,
    unwalked,
)
from tests.api.stranger.worlds import ANON_KEY, SENTINEL, World, change_foreign, world, world_settings
from tests.api.supabase.realtime.phoenix import Heard, joining, on, phoenix
from tests.api.test_websocket import hear, say, socket
from tests.conftest import temporary_database

WHO = ("stranger", "stranger's JWT", "anonymous")
TOLD = {"type", "ref", "topic", "id", "status", "version", "resumed", "problem"}
"""What is compared of a websocket's frame."""


class Worlds(NamedTuple):
    """Both."""

    empty: World
    inhabited: World


@pytest.fixture
async def worlds(settings: Settings, servers: Stack, database_url: str) -> AsyncIterator[Worlds]:
    async with AsyncExitStack() as stack:
        other_url = await stack.enter_async_context(temporary_database(servers))
        empty = await stack.enter_async_context(
            world(world_settings(settings, other_url, any_free_port(settings.port)), inhabited=False)
        )
        inhabited = await stack.enter_async_context(
            world(world_settings(settings, database_url, settings.port), inhabited=True)
        )
        yield Worlds(empty, inhabited)


class Answer(NamedTuple):
    """What is compared of an answer."""

    status: int
    headers: dict[str, str]
    document: Any


async def ask(session: aiohttp.ClientSession, asked: Asked) -> Answer:
    """Send it, and read the answer whole."""
    headers = {"Content-Type": "application/json", **dict(asked.headers)}
    async with session.request(asked.method, asked.path, data=as_text(asked.body), headers=headers) as response:
        text = (await response.read()).decode()
        told = {name: value for name, value in response.headers.items() if name not in ("Date", "Content-Length")}
    try:
        return Answer(response.status, told, json.loads(text))
    except ValueError:
        return Answer(response.status, told, text)


async def differences(
    worlds: Worlds, who: str, walk: Iterator[Asked], *, shapes: bool = False
) -> tuple[int, list[tuple[Asked, Answer, Answer]]]:
    """How many were asked, and those that were answered differently in the two worlds."""
    found: list[tuple[Asked, Answer, Answer]] = []
    number = 0
    async with (
        worlds.empty.darkroom.client(worlds.empty.keys[who]) as in_empty,
        worlds.inhabited.darkroom.client(worlds.inhabited.keys[who]) as in_inhabited,
    ):
        for asked in walk:
            number += 1
            nothing, something = await ask(in_empty, asked), await ask(in_inhabited, asked)
            assert 500 not in (nothing.status, something.status), (asked, nothing, something)
            if shapes:
                nothing, something = (Answer(one.status, {}, shape(one.document)) for one in (nothing, something))
            port, other = (str(one.darkroom.url) for one in worlds)
            if _plain(nothing, port) != _plain(something, other) and not excepted(asked):
                found.append((asked, nothing, something))
    return number, found


def _plain(answer: Answer, url: str) -> str:
    """The answer without the address of its world."""
    return repr(answer).replace(url, "http://here").replace(url.rpartition(":")[2], "PORT")


def test_every_route_is_walked() -> None:
    assert unwalked() == set()


@pytest.mark.parametrize("who", WHO)
async def test_routes_and_lists(worlds: Worlds, who: str) -> None:
    asked, found = await differences(worlds, who, iter([*routes(), *lists()]))
    assert found == []
    assert asked > 100


@pytest.mark.parametrize("who", WHO)
async def test_the_old_tables(worlds: Worlds, who: str) -> None:
    asked, found = await differences(worlds, who, tables())
    assert found == []
    assert asked > 900


@pytest.mark.parametrize("who", WHO)
async def test_what_is_submitted(worlds: Worlds, who: str) -> None:
    asked, found = await differences(worlds, who, creations(), shapes=True)
    assert found == []
    assert asked > 5


@pytest.mark.parametrize("who", WHO)
async def test_topics(worlds: Worlds, who: str) -> None:
    """Nothing is told of others: neither when somebody subscribes, nor when something happens to them."""
    heard = [await _topics(one, who) for one in worlds]
    assert heard[0] == heard[1]
    assert heard[0]


async def _topics(world: World, who: str) -> list[Any]:
    heard: list[dict[str, Any]] = []
    async with socket(world.darkroom, world.keys[who]) as connection:
        for number, topic in enumerate(topics()):
            await say(connection, type="subscribe", ref=str(number), topic=topic)
        await say(connection, type="subscribe", ref="sentinel", topic=f"generation:{SENTINEL}")
        while not heard or heard[-1].get("ref") != "sentinel":
            heard.append(await hear(connection))
        await change_foreign(world)
        while (heard[-1].get("id"), heard[-1].get("status")) != (str(SENTINEL), "failed"):
            heard.append(await hear(connection))
    # A cursor names its database, and a moment is when it happened.
    told = [{name: value for name, value in frame.items() if name in TOLD} for frame in heard]
    return sorted(told, key=repr)


@pytest.mark.parametrize("who", ["stranger's JWT", "anonymous"])
async def test_channels(worlds: Worlds, who: str) -> None:
    """A channel for each binding: joined alike, and told nothing of what happens to others."""
    heard = [await _channels(one, who) for one in worlds]
    assert heard[0] == heard[1]


async def _channels(world: World, who: str) -> list[Any]:
    heard: list[Any] = []
    token = {} if who == "anonymous" else {"access_token": world.keys[who]}
    async with phoenix(world.darkroom.url, ANON_KEY) as app:
        for number, binding in enumerate(channels()):
            await app.say(f"realtime:{number}", "phx_join", joining(binding, **token), join_ref=str(number))
        await app.say(
            "realtime:sentinel", "phx_join", joining(on(filter=f"id=eq.{SENTINEL}"), **token), join_ref="sentinel"
        )
        while not heard or heard[-1][:2] != ["realtime:sentinel", "system"]:
            heard.append(_message(await app.hear()))
        await change_foreign(world)
        while heard[-1] != ["realtime:sentinel", "postgres_changes", "failed"]:
            heard.append(_message(await app.hear()))
    return sorted(heard, key=repr)


def _message(heard: Heard) -> list[Any]:
    """What is compared of a message: a change by its status, everything else whole, but for numbers made for it."""
    if heard.event == "postgres_changes":
        return [heard.topic, heard.event, heard.payload["data"]["record"].get("status")]
    return [heard.topic, heard.event, shape(heard.payload), heard.payload.get("status")]
