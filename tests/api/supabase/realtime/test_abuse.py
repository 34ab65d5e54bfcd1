"""What is sent to the door by those who mean no good: refused clearly, nothing leaks, everybody else is told on."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from api.gateway.reading import BURST
from api.gateway.socket import MAX_BAD_FRAMES, MAX_TOPICS
from tests.api.auth.minting import sign
from tests.api.conftest import Web
from tests.api.supabase.realtime.life import Life
from tests.api.supabase.realtime.phoenix import Phoenix, joining, on, phoenix

ADA, BOB = "6c2c0f3e-0000-4000-8000-00000000ada0", "6c2c0f3e-0000-4000-8000-000000000b0b"
ID = "01234567-0000-7000-8000-000000000001"
HUNDRED = ",".join(f"{ID[:-3]}{number:03}" for number in range(100))


@pytest.fixture
async def others(old: Web) -> AsyncIterator[Web]:
    """While something is done to the door, somebody else follows their own, and is told of it afterwards."""
    life = await Life.begin(old.state, BOB)
    async with phoenix(old.darkroom.url) as client:
        await client.join("mine", on(filter=f"id=eq.{life.id}"), access_token=sign(sub=BOB))
        yield old
        await life.process()
        assert (await client.change())["data"]["record"]["status"] == "processing"


async def system(client: Phoenix) -> str:
    """The next message, which has to say that something went wrong; what."""
    heard = await client.hear()
    assert (heard.event, heard.payload["status"]) == ("system", "error"), heard
    said: str = heard.payload["message"]
    return said


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("{", "not JSON"),
        ("42", "must be an object or"),
        ("[]", "must be [join_ref, ref, topic, event, payload]"),
        ("{}", "topic: must be a string"),
        ('[null,null,"phoenix",7,{}]', "event: must be a string"),
        ('[null,null,"phoenix","heartbeat",[1]]', "payload: must be an object"),
        ('[null,{},"phoenix","heartbeat",{}]', "ref: must be null, a number or a string"),
        (
            json.dumps([None, "r" * 65, "phoenix", "heartbeat", {}]),
            "ref: must be null, a number or a string of at most",
        ),
        (json.dumps([None, "1", "t" * 256, "phx_join", {}]), "topic: must be a string of 1 to 255"),
        ("[" * 8_000 + "]" * 8_000, "not JSON"),
        (f'[null,"1","realtime:x","phx_join",{{"config":{"[" * 2_000}{"]" * 2_000}}}]', "not JSON"),
        ('[null,"1","realtime:x","phx_join",{"config":NaN}]', "not JSON"),
    ],
)
async def test_a_frame_that_is_no_message(others: Web, frame: str, words: str) -> None:
    async with phoenix(others.darkroom.url) as client:
        await client.connection.send(frame)
        assert words in await system(client)
        assert (await client.ask("phoenix", "heartbeat", {})).payload["status"] == "ok"


async def test_many_of_them_end_the_socket(others: Web) -> None:
    async with phoenix(others.darkroom.url) as client:
        for _ in range(MAX_BAD_FRAMES):
            await client.connection.send("{")
        assert await client.close_code() == 4400


@pytest.mark.parametrize("bindings", [10_000, 1_000])
async def test_a_huge_join_ends_the_socket(others: Web, bindings: int) -> None:
    async with phoenix(others.darkroom.url) as client:
        with suppress(ConnectionClosed):
            await client.say("realtime:x", "phx_join", joining(*[on()] * bindings))
        assert await client.close_code() == 1009


@pytest.mark.parametrize(
    ("topic", "payload", "words"),
    [
        ("realtime:", joining(), "TopicNameRequired"),
        ("room", joining(), "TopicNameRequired"),
        ("realtime:x", joining(*[{}] * 4_000), "at most 100 bindings"),
        ("realtime:x", {"config": {"postgres_changes": {}}}, "must be a list"),
        ("realtime:x", {"config": {"postgres_changes": [1]}}, "must be a list of objects"),
        ("realtime:x", {"config": [1]}, "must be a list"),
        (
            "realtime:x",
            joining(
                on(filter=f"id=in.({','.join(f'{ID[:-3]}{n:03}' for n in range(100))}),id=not.is.null"), on("DELETE")
            ),
            "ChannelRateLimitReached",
        ),
    ],
)
async def test_a_join_that_no_channel_can_come_of(others: Web, topic: str, payload: Any, words: str) -> None:
    async with phoenix(others.darkroom.url) as client:
        answer = await client.ask(topic, "phx_join", payload, join_ref="1")
        assert answer.payload["status"] == "error"
        assert words in answer.payload["response"]["reason"]
        assert len(json.dumps(answer)) < 500
        await client.join("x")


SECRETS = ["webhook_url", "prediction", "metadata", "past_predictions", "input", "fence", "price", "key_hash", "xmin"]


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        *[(on(filter=f"{name}=eq.x"), "there is no column") for name in SECRETS],
        (on(filter="prompt=ilike.%a%"), "the operator must be one of"),
        (on(filter="prompt=match.(a+)+$"), "the operator must be one of"),
        (on(filter="id=eq.1; DROP TABLE images"), "is no uuid"),
        (on(filter="id=eq.' OR '1'='1"), "is no uuid"),
        (on(filter="id=eq"), "the operator must be one of"),
        (on(filter="id"), "must be column=operator.value"),
        (on(filter="seed=eq.9 UNION SELECT 1"), "is no int8"),
        (on(filter="seed=eq." + "9" * 5_000), "is no int8"),
        (on(filter="guidance_scale=gt.nan"), "is no float8"),
        (on(filter="created_at=gt.now()"), "is no timestamptz"),
        (on(filter="completed_at=is.true"), "is must be followed by null"),
        (on(filter=f"seed=in.({','.join('1' * 101)})"), "at most 100 values"),
        (on(filter="seed=in.1"), "in must be followed by"),
        (on(filter=",".join(["seed=gt.1"] * 11)), "at most 10 conditions"),
        (on(filter="x" * 8_001), "at most 8000 characters"),
        (on(table="api_keys"), "image_generations and images only"),
        (on(table="job_queue"), "image_generations and images only"),
        (on(table="image_generations; --"), "image_generations and images only"),
        ({**on(), "schema": "pg_catalog"}, "schema: must be public"),
        ({**on(), "event": "TRUNCATE"}, "event: must be one of"),
        ({**on(), "event": {}}, "event: must be one of"),
        ({**on(), "schema": []}, "schema: must be public"),
        ({**on(), "table": []}, "image_generations and images only"),
        ({**on(), "filter": {}}, "filter: must be a string"),
        ({"event": "*", "schema": "public", "filter": f"id=eq.{ID}"}, "its table be named"),
    ],
)
async def test_a_binding_that_cannot_be_obeyed(others: Web, binding: dict[str, Any], words: str) -> None:
    """As at the old project the channel is joined, and says that nothing comes of it, nor of its other bindings."""
    async with phoenix(others.darkroom.url) as client:
        said = joining(on("*"), binding, access_token=sign(sub=ADA))
        answer = await client.ask("realtime:x", "phx_join", said, join_ref="1")
        assert answer.payload["status"] == "ok"
        assert answer.payload["response"]["postgres_changes"][1] == {**binding, "id": 2}
        why = await system(client)
        assert why.startswith("postgres_changes[1].")
        assert words in why
        assert len(why) < 300
        await Life.begin(others.state, ADA)
        assert (await client.ask("phoenix", "heartbeat", {})).payload["status"] == "ok"


async def test_a_value_that_is_sql_is_only_a_value(others: Web) -> None:
    text = "'; DELETE FROM image_generations; --"
    async with phoenix(others.darkroom.url) as client:
        await client.join("x", on("INSERT", filter=f"prompt=eq.{text}"), access_token=sign(sub=ADA))
        await Life.begin(others.state, ADA)
        life = await Life.begin(others.state, ADA, prompt=text)
        assert (await client.change())["data"]["record"]["id"] == str(life.id)


async def test_a_join_flood(others: Web) -> None:
    """A socket has so many topics, however they are spread over channels; joining one of them again takes none more."""
    async with phoenix(others.darkroom.url) as client:
        for number in range(MAX_TOPICS):
            await client.join(f"{number}", on(filter=f"id=eq.{ID[:-3]}{number:03}"))
        answer = await client.ask("realtime:one too many", "phx_join", joining(on()), join_ref="1")
        assert "ChannelRateLimitReached" in answer.payload["response"]["reason"]
        await client.join("7", on(filter=f"id=eq.{ID}"))


async def test_bindings_of_one_topic_count_like_topics(others: Web) -> None:
    """Each of them is compared with every change."""
    async with phoenix(others.darkroom.url) as client:
        await client.join("half", *[on(filter=f"id=eq.{ID}")] * (MAX_TOPICS // 2))
        more = joining(*[on(filter=f"id=eq.{ID}")] * (MAX_TOPICS // 2 + 1))
        answer = await client.ask("realtime:more", "phx_join", more, join_ref="1")
        assert "ChannelRateLimitReached" in answer.payload["response"]["reason"]


async def test_joins_faster_than_they_may_come_end_the_socket(others: Web) -> None:
    async with phoenix(others.darkroom.url) as client:
        with suppress(ConnectionClosed):
            for _ in range(2 * BURST):
                await client.say("realtime:x", "phx_join", joining(on("*"), access_token="x.y.z"))
        assert await client.close_code() == 4429
