"""Idempotency-Key: the same request twice is one generation."""

import asyncio
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.darkroom import Darkroom

PATH = "/v1/generations"
BODY = {"prompt": "a lighthouse", "metadata": {"a": 1, "b": 2}}


class Answer:
    """What a POST came back with."""

    def __init__(self, answer: aiohttp.ClientResponse, body: dict[str, Any]) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.body = body


async def post(http: aiohttp.ClientSession, key: str, body: Any = BODY) -> Answer:
    async with http.post(PATH, json=body, headers={"Idempotency-Key": key}) as answer:
        return Answer(answer, await answer.json(content_type=None))


async def test_a_replay_answers_with_the_first_and_says_so(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        first, second = await post(user.http, "once"), await post(user.http, "once")
        assert (first.status, second.status) == (202, 202)
        assert first.body["id"] == second.body["id"]
        assert first.headers["Location"] == second.headers["Location"]
        assert "Idempotency-Replayed" not in first.headers
        assert second.headers["Idempotency-Replayed"] == "true"
        assert await user.rows() == 1


async def test_fifty_at_once_are_one(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        answers = await asyncio.gather(*(post(user.http, "fifty") for _ in range(50)))
        assert {answer.status for answer in answers} == {202}
        assert len({answer.body["id"] for answer in answers}) == await user.rows() == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1


@pytest.mark.parametrize(
    "same",
    [
        {"metadata": {"b": 2, "a": 1}, "prompt": "a lighthouse"},
        {**BODY, "priority": 0, "num_outputs": 1, "negative_prompt": None},
    ],
)
async def test_the_same_body_written_otherwise_is_the_same(darkroom: Darkroom, same: dict[str, Any]) -> None:
    async with darkroom.user() as user:
        first = await post(user.http, "same")
        assert (await post(user.http, "same", same)).body["id"] == first.body["id"]


@pytest.mark.parametrize("other", [{"prompt": "two lighthouses"}, {**BODY, "seed": 1}, {"prompt": "a lighthouse"}])
async def test_another_body_is_a_conflict(darkroom: Darkroom, other: dict[str, Any]) -> None:
    async with darkroom.user() as user:
        await post(user.http, "once")
        answer = await post(user.http, "once", other)
        assert (answer.status, answer.body["type"]) == (409, "/problems/idempotency-conflict")
        assert "Idempotency-Key" in answer.body["detail"]
        assert await user.rows() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
async def test_a_key_that_is_none_is_refused_with_nothing_written(darkroom: Darkroom, key: str) -> None:
    async with darkroom.user() as user:
        answer = await post(user.http, key)
        assert answer.status == 422
        (error,) = answer.body["errors"]
        assert error["field"] == "Idempotency-Key"
        assert "1 to 255 printable ASCII characters" in error["message"]
        assert await user.rows() == 0


async def test_two_keys_at_once_are_refused(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        headers = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
        async with user.http.post(PATH, json=BODY, headers=headers) as answer:
            assert answer.status == 422
        assert await user.rows() == 0


async def test_a_refused_body_uses_up_no_key(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        assert (await post(user.http, "once", {"prompt": ""})).status == 422
        assert (await post(user.http, "once")).status == 202


async def test_every_kind_of_caller_has_keys_of_its_own(darkroom: Darkroom) -> None:
    key = f"{uuid4()} ~"
    async with (
        darkroom.user() as one,
        darkroom.user() as other,
        darkroom.user("service") as service,
        darkroom.client("the-anon-key") as anonymous,
    ):
        callers = (one.http, other.http, service.http, anonymous)
        made = [(await post(http, key)).body["id"] for http in callers]
        assert len(set(made)) == 4
        assert [(await post(http, key)).body["id"] for http in callers] == made


async def test_a_key_of_yesterday_is_free_again(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        first = await post(user.http, "daily")
        sql = "UPDATE idempotency_keys SET created_at = now() - interval '24 hours' WHERE user_id = $1"
        await darkroom.execute(sql, user.id)
        second = await post(user.http, "daily", {"prompt": "another day"})
        assert second.status == 202
        assert second.body["id"] != first.body["id"]
        assert await user.rows() == 2


async def test_a_deleted_generation_is_not_bought_again(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        first = await post(user.http, "once")
        await darkroom.execute("DELETE FROM image_generations WHERE id = $1::text::uuid", first.body["id"])
        answer = await post(user.http, "once")
        assert (answer.status, answer.body["type"]) == (404, "/problems/not-found")
        assert "Idempotency-Key" in answer.body["detail"]
        assert await user.rows() == 0


async def test_the_document_names_the_header(darkroom: Darkroom) -> None:
    async with darkroom.client(None) as http, http.get("/openapi.json") as answer:
        parameters = (await answer.json())["paths"][PATH]["post"]["parameters"]
    assert ("Idempotency-Key", "header") in [(each["name"], each["in"]) for each in parameters]
