"""The guide's Step 6 by the old apps' own clients, with only the URL and the key changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.api.auth.minting import sign
from tests.darkroom import Darkroom
from tests.javascript.program import Program
from tests.javascript.proxy import Proxy, proxy_to
from tests.supabase.apps import CLIENTS, app

ADA = "6c2c0f3e-0000-4000-8000-00000000ada0"
ASKED = {"key": "the-anon-key", "prompt": "a lighthouse", "model_id": "black-forest-labs/flux-schnell"}
TOKENS = {"anonymous": None, "signed in": sign(sub=ADA)}
ORDER = ["queued", "processing", "downloading", "completed"]
PATIENCE = 60.0


@pytest.fixture
async def proxy(darkroom: Darkroom) -> AsyncIterator[Proxy]:
    """A line to Darkroom that a test can cut."""
    async with proxy_to(darkroom.url) as opened:
        yield opened


async def until_shown(program: Program) -> list[dict[str, Any]]:
    """What an app says until it shows its picture."""
    said: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        while not said or "shown" not in said[-1]:
            said.append(await program.hear())
    return said


async def check_picture(darkroom: Darkroom, shown: dict[str, Any], owner: str | None) -> None:
    """What an app shows is the row as the database has it, and its bytes are there."""
    record = shown["image"]
    sql = "SELECT user_id, public_url, file_size FROM images WHERE id = $1"
    (row,) = await darkroom.execute(sql, record["id"])
    assert (row["user_id"], row["public_url"], row["file_size"]) == (owner, shown["shown"], record["file_size"])
    async with aiohttp.ClientSession() as http, http.get(shown["shown"]) as answer:
        assert answer.status == 200
        assert len(await answer.read()) == record["file_size"]


def statuses(said: list[dict[str, Any]]) -> list[str]:
    """The statuses that an app's callback was given, in order."""
    return [one["status"] for one in said if "status" in one]


@pytest.mark.parametrize("who", TOKENS)
@pytest.mark.parametrize("client", CLIENTS)
async def test_submitted_followed_and_shown(darkroom: Darkroom, client: str, who: str) -> None:
    """6.2. One that is completed before the app has subscribed is told all the same."""
    async with app(client, "guide", url=darkroom.url, part="subscribe", token=TOKENS[who], **ASKED) as program:
        said = await until_shown(program)
    submitted, shown = said[0], said[-1]
    assert submitted["answer"]["success"] is True
    seen = statuses(said)
    assert seen == sorted(seen, key=ORDER.index)
    assert seen[-1] == "completed"
    new = next(one for one in said if one.get("status") == "completed")["payload"]["new"]
    assert (new["id"], new["prompt"]) == (submitted["submitted"], ASKED["prompt"])
    await check_picture(darkroom, shown, ADA if TOKENS[who] else None)


@pytest.mark.parametrize("client", CLIENTS)
async def test_asked_after_every_two_seconds(darkroom: Darkroom, client: str) -> None:
    """6.1."""
    async with app(client, "guide", url=darkroom.url, part="poll", **ASKED) as program:
        said = await until_shown(program)
    generation = said[-1]["generation"]
    assert (generation["id"], generation["status"]) == (said[0]["submitted"], "completed")
    (image,) = generation["images"]
    await check_picture(darkroom, {**said[-1], "image": image}, None)


async def submitted(darkroom: Darkroom, owner: str | None = None, **more: Any) -> str:
    """One that was submitted by another app of the same key."""
    async with darkroom.client(sign(sub=owner) if owner else ASKED["key"]) as http:
        body = {name: ASKED[name] for name in ("prompt", "model_id")}
        async with http.post("/v1/generations", json={**body, **more}) as answer:
            assert answer.status == 202, await answer.text()
            generation_id: str = (await answer.json())["id"]
            return generation_id


@asynccontextmanager
async def events(darkroom: Darkroom, generation_id: str) -> AsyncIterator[aiohttp.StreamReader]:
    """Its transitions by our own door, until its end."""
    path = f"/v1/generations/{generation_id}/events"
    async with darkroom.client(darkroom.service_key) as http, http.get(path) as answer:
        yield answer.content


@pytest.mark.parametrize("who", TOKENS)
@pytest.mark.parametrize("client", CLIENTS)
async def test_finished_before_anybody_subscribed(darkroom: Darkroom, client: str, who: str) -> None:
    owner = ADA if TOKENS[who] else None
    generation_id = await submitted(darkroom, owner)
    async with events(darkroom, generation_id) as stream:
        assert b'"completed"' in await stream.read()
    given = {**ASKED, "generation_id": generation_id, "token": TOKENS[who]}
    async with app(client, "guide", url=darkroom.url, part="subscribe", **given) as program:
        said = await until_shown(program)
    assert statuses(said) == ["completed"]
    await check_picture(darkroom, said[-1], owner)


@pytest.mark.parametrize("client", CLIENTS)
async def test_cut_off_in_the_middle_and_back_again(darkroom: Darkroom, proxy: Proxy, client: str) -> None:
    """It is completed while nobody is connected."""
    generation_id = await submitted(darkroom, scheduled_at="2999-01-01T00:00:00Z")
    given = {**ASKED, "generation_id": generation_id}
    async with app(client, "guide", url=proxy.url, part="subscribe", **given) as program:
        while (await program.hear()).get("subscription") != "SUBSCRIBED":
            pass
        proxy.cut(close=True)
        async with events(darkroom, generation_id) as stream:
            await darkroom.execute("UPDATE image_generations SET status = 'queued' WHERE id = $1", generation_id)
            assert b'"completed"' in await stream.read()
        proxy.closed = False
        said = await until_shown(program)
    assert statuses(said)[-1] == "completed"
    await check_picture(darkroom, said[-1], None)
