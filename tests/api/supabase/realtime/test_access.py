"""Who is told what: the socket's key, the channel's token, and the owner of each row."""

import json
import time

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.exceptions import InvalidStatus

from api.auth.tokens import LEEWAY_SECONDS
from pipeline.embedded.ports import any_free_port
from pipeline.settings import Settings
from tests.api.auth.minting import sign
from tests.api.conftest import Web, darkroom_of
from tests.api.supabase.realtime.life import Life
from tests.api.supabase.realtime.phoenix import ANON, Phoenix, joining, on, phoenix
from tests.api.supabase.realtime.test_protocol import is_there
from tests.web_process import web_process

ADA, BOB = "6c2c0f3e-0000-4000-8000-00000000ada0", "6c2c0f3e-0000-4000-8000-000000000b0b"


BATCH = "01234567-0000-7000-8000-00000000000b"


def own(life: Life) -> str:
    return f"id=eq.{life.id}"


async def push(client: Phoenix, topic: str, token: str | None) -> None:
    """As a client does after it has joined, and with every heartbeat."""
    await client.say(topic, "access_token", {"access_token": token}, join_ref="j")


@pytest.mark.parametrize("key", [None, "", "wrong", "dk_nobodys", sign("another-secret-that-is-long-enough-too")])
async def test_without_a_key_the_door_stays_shut(old: Web, key: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with phoenix(old.darkroom.url, key):
            pass
    answer = refused.value.response
    assert answer.status_code == 401
    assert set(json.loads(answer.body or b"")) == {"error"}


@pytest.mark.parametrize("filtered", [True, False])
async def test_nobody_is_told_of_somebody_elses(old: Web, filtered: bool) -> None:
    """Not by its id, not in a feed, not when it begins, moves or is deleted."""
    life = await Life.begin(old.state, ADA)
    await life.process()
    by_id = own(life) if filtered else None
    bobs, adas = sign(sub=BOB), sign(sub=ADA)
    async with phoenix(old.darkroom.url) as stranger, phoenix(old.darkroom.url) as ada:
        for name, more in (("bob", {"access_token": bobs}), ("anon", {"access_token": ANON}), ("none", {})):
            await stranger.join(name, on("*", filter=by_id), on("*", "images"), **more)
        await ada.join("mine", on("*", filter=own(life)), access_token=adas)
        assert (await ada.change())["data"]["record"]["status"] == "processing"
        await life.download()
        assert (await ada.change())["data"]["record"]["status"] == "downloading"
        await life.complete()
        assert (await ada.change())["data"]["record"]["status"] == "completed"
        await old.darkroom.execute("DELETE FROM image_generations")
        assert (await ada.change())["data"]["type"] == "DELETE"
        await is_there(stranger)


async def test_what_has_no_owner_is_told_by_its_id_and_in_no_feed(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        for name, more in (("anon", {}), ("ada", {"access_token": sign(sub=ADA)})):
            bindings = on("*"), on("*", "images"), on("*", filter="status=neq.x"), on(filter=f"batch_id=eq.{BATCH}")
            await client.join(name, *bindings, **more)
        life = await Life.begin(old.state, None, batch_id=BATCH)
        topic = await client.join("g", on(filter=own(life)), on("INSERT", "images", f"generation_id=eq.{life.id}"))
        await life.develop()
        heard = [await client.hear() for _ in range(4)]
        assert {one.topic for one in heard} == {topic}
        assert [one.payload["ids"] for one in heard] == [[1], [1], [2], [1]]
        await is_there(client)


async def test_a_service_key_is_told_of_everybody(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        await client.join("all", on("INSERT"), access_token=sign(role="service_role", sub=None))
        lives = [await Life.begin(old.state, user) for user in (ADA, BOB, None)]
        assert {(await client.change())["data"]["record"]["id"] for _ in lives} == {str(life.id) for life in lives}


async def test_one_of_our_own_keys_opens_the_door(old: Web) -> None:
    async with old.darkroom.user() as user, phoenix(old.darkroom.url, user.key) as client:
        await client.join("mine", on("INSERT"))
        life = await Life.begin(old.state, user.id)
        assert (await client.change())["data"]["record"]["id"] == str(life.id)


@pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])
async def test_a_token_that_comes_later_is_gone_by_at_once(old: Web, vsn: str) -> None:
    """realtime-js up to 2.49 joins with the publishable key and pushes the user's token behind it."""
    life = await Life.begin(old.state, ADA)
    await life.process()
    async with phoenix(old.darkroom.url, vsn=vsn) as client:
        topic = await client.join("g", on(filter=own(life)), access_token=ANON)
        await push(client, topic, sign(sub=ADA))
        assert (await client.change())["data"]["record"]["status"] == "processing"
        await life.download()
        assert (await client.change())["data"]["record"]["status"] == "downloading"
        await push(client, topic, sign(sub=BOB))
        await is_there(client)
        await life.complete()
        await is_there(client)
        await push(client, topic, sign(sub=ADA))
        assert (await client.change())["data"]["record"]["status"] == "completed"


@pytest.mark.parametrize("nothing_new", [None, "", "sb_publishable_x", "the same", "a fresher one"])
async def test_a_token_that_says_nothing_new_changes_nothing(old: Web, nothing_new: str | None) -> None:
    life = await Life.begin(old.state, ADA)
    await life.process()
    first = sign(sub=ADA)
    token = {"the same": first, "a fresher one": sign(sub=ADA, exp=time.time() + 7200)}.get(nothing_new or "")
    async with phoenix(old.darkroom.url) as client:
        topic = await client.join("g", on(filter=own(life)), access_token=first)
        assert (await client.change())["data"]["record"]["status"] == "processing"
        await push(client, topic, token or nothing_new)
        await is_there(client)
        await life.download()
        assert (await client.change())["data"]["record"]["status"] == "downloading"


async def test_a_key_that_is_no_token_is_passed_by_in_a_join(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(), access_token="sb_publishable_x")


@pytest.mark.parametrize("bad", ["x.y.z", sign(sub=ADA, exp=1.0), sign("another-secret-that-is-long-enough-too")])
async def test_a_join_with_a_token_that_is_not_let_in_is_refused(old: Web, bad: str) -> None:
    async with phoenix(old.darkroom.url) as client:
        answer = await client.ask("realtime:g", "phx_join", joining(on(), access_token=bad), join_ref="1")
        assert answer.payload["status"] == "error"
        assert answer.payload["response"]["reason"].startswith("InvalidJWTToken: ")
        await client.join("g", on())


async def ended(client: Phoenix, topic: str) -> None:
    """Read that a channel is over."""
    told = await client.hear()
    assert (told.topic, told.event) == (topic, "system")
    assert (told.payload["status"], told.payload["extension"]) == ("error", "system")
    closed = await client.hear()
    assert (closed.ref, closed.topic, closed.event) == ("j", topic, "phx_close")


async def test_a_channel_ends_with_its_token_and_the_socket_stays(old: Web) -> None:
    life = await Life.begin(old.state, ADA)
    async with phoenix(old.darkroom.url) as client:
        token = sign(sub=ADA, exp=time.time() + 1 - LEEWAY_SECONDS)
        topic = await client.join("g", on(filter=own(life)), access_token=token)
        other = await client.join("h", on(filter=own(life)), access_token=sign(sub=ADA))
        await ended(client, topic)
        await life.process()
        heard = await client.hear()
        assert (heard.topic, heard.event) == (other, "postgres_changes")
        await is_there(client)


async def test_a_channel_goes_on_with_a_fresher_token(old: Web) -> None:
    life = await Life.begin(old.state, ADA)
    soon = sign(sub=ADA, exp=time.time() + 1 - LEEWAY_SECONDS)
    async with phoenix(old.darkroom.url) as client:
        topic = await client.join("g", on(filter=own(life)), access_token=soon)
        unprolonged = await client.join("h", on(filter=own(life)), access_token=soon)
        await push(client, topic, sign(sub=ADA))
        await ended(client, unprolonged)
        await life.process()
        heard = await client.hear()
        assert (heard.topic, heard.event) == (topic, "postgres_changes")


async def test_a_channel_ends_with_a_token_that_is_not_let_in(old: Web) -> None:
    life = await Life.begin(old.state, ADA)
    async with phoenix(old.darkroom.url) as client:
        topic = await client.join("g", on(filter=own(life)), access_token=sign(sub=ADA))
        await push(client, topic, "x.y.z")
        await ended(client, topic)
        await life.process()
        await is_there(client)


async def test_the_socket_ends_with_its_key(old: Web) -> None:
    async with old.darkroom.user() as user, phoenix(old.darkroom.url, user.key) as client:
        await client.join("mine", on())
        await old.darkroom.execute("UPDATE api_keys SET revoked_at = now() WHERE user_id = $1", user.id)
        await old.state.admissions.check()
        assert await client.close_code() == 4401


async def test_any_page_may_open_it_unless_pages_are_named(old: Web, settings: Settings, engine: AsyncEngine) -> None:
    """As the other old doors: the key is what counts, and no browser sends it by itself."""
    async with phoenix(old.darkroom.url, origin="https://anywhere.example") as client:
        await is_there(client)
    named = settings.model_copy(
        update={
            "supabase_anon_key": SecretStr(ANON),
            "allowed_origins": ["https://app.example"],
            "port": any_free_port(),
        }
    )
    async with web_process(named):
        url = darkroom_of(named).url
        async with phoenix(url, origin="https://app.example") as client:
            await is_there(client)
        with pytest.raises(InvalidStatus) as refused:
            async with phoenix(url, origin="https://anywhere.example"):
                pass
        assert refused.value.response.status_code == 403
