"""Fifty at once take no more than a rate and a budget have, and what fails takes nothing; retries are submissions."""

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.limits import EACH, forget_limits, list_limits, set_anonymous_defaults, set_limits
from pipeline.money import EVERYBODY
from pipeline.settings import Settings
from pipeline.statements import execute, fetch, statement
from tests.api.conftest import Web
from tests.rows import row_of, submit

Asked = tuple[str, Any, dict[str, str]]
"""A path, a body and headers."""
AT_ONCE = 50
BODY = {"prompt": "a lighthouse", "model_id": "black-forest-labs/flux-dev"}
"""0.025 dollars."""
PRICED = {"price": {"picture": 0.025}, "estimated_cost": 0.025}
FAILS = statement("UPDATE image_generations SET status = 'failed', due_at = NULL WHERE id = :id")
TOKENS = statement("SELECT coalesce((SELECT tokens FROM meters WHERE user_id = :user_id), -1) AS tokens")
ANON = "the-anon-key"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a publishable key."""
    return settings.model_copy(update={"supabase_anon_key": SecretStr(ANON)})


async def limit(engine: AsyncEngine, user_id: str, *, per_minute: int | None = None, usd: str | None = None) -> None:
    """Limit somebody."""
    budget = None if usd is None else Decimal(usd)
    await set_limits(engine, user_id, in_flight=None, per_minute=per_minute, budget_usd=budget, period="month")


async def crowd(web: Web, key: str, *asked: Asked) -> Counter[int]:
    """How many of these, each by a connection of its own and all at the same time, are answered how."""
    ready = asyncio.Barrier(len(asked))

    async def one(path: str, body: Any, headers: dict[str, str]) -> int:
        async with web.darkroom.client(key) as http:
            async with http.get("/healthz"):  # the connection is there before the start
                pass
            await ready.wait()
            async with http.post(path, json=body, headers=headers) as answer:
                return answer.status

    return Counter(await asyncio.gather(*(one(*each) for each in asked)))


def posts(number: int = AT_ONCE, key: str | None = None) -> list[Asked]:
    """So many submissions."""
    return [("/v1/generations", BODY, {} if key is None else {"Idempotency-Key": key})] * number


async def failed(engine: AsyncEngine, user_id: str | None, **given: Any) -> UUID:
    """A generation that has failed."""
    generation_id = await submit(engine, user_id=user_id, **{**PRICED, **given})
    await execute(engine, FAILS, id=generation_id)
    return generation_id


async def test_fifty_at_once_take_no_more_than_the_rate(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, per_minute=5)
        assert await crowd(web, user.key, *posts()) == {202: 5, 429: 45}
        assert await user.rows() == 5


@pytest.mark.parametrize("payer", ["own", EACH, EVERYBODY])
async def test_fifty_at_once_take_no_more_than_a_budget(web: Web, engine: AsyncEngine, payer: str) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id if payer == "own" else payer, usd="0.13")
        assert await crowd(web, user.key, *posts()) == {202: 5, 402: 45}
        assert sum(row.status == "processing" for row in await claim_queued(engine, {"replicate": 64}, 30)) == 5


async def test_singles_and_batches_share_them(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, per_minute=7)
        batch: Asked = ("/v1/batches", {"prompts": ["a", "b", "c"]}, {})
        await crowd(web, user.key, *posts(20), *[batch] * 20, *[("/functions/v1/start-generation", BODY, {})] * 10)
        assert await user.rows() == 7


async def test_fifty_with_one_key_take_one(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, per_minute=5, usd="0.05")
        assert await crowd(web, user.key, *posts(key="one")) == {202: 50}
        assert await user.rows() == 1
        assert (await fetch(engine, TOKENS, user_id=user.id))[0].tokens >= 4
        batch = ("/v1/batches", {"prompts": ["a", "b"]}, {"Idempotency-Key": "two"})
        assert await crowd(web, user.key, *[batch] * 20) == {202: 20}
        assert (await fetch(engine, TOKENS, user_id=user.id))[0].tokens >= 2


async def test_a_refused_key_is_free_again(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, per_minute=1)
        assert await crowd(web, user.key, *posts(1)) == {202: 1}
        assert await crowd(web, user.key, *posts(1, "k")) == {429: 1}
        await execute(engine, statement("UPDATE meters SET tokens = 1"))
        assert await crowd(web, user.key, *posts(1, "k")) == {202: 1}


async def test_what_cannot_be_made_takes_nothing(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, per_minute=2)
        there = await submit(engine)
        body = {"prompt": "a lighthouse", "id": str(there)}
        async with user.http.post("/rest/v1/image_generations", json=body) as answer:
            assert answer.status == 409
        assert await crowd(web, user.key, *posts(3)) == {202: 2, 429: 1}


async def test_retries_take_from_the_same_rate(web: Web, engine: AsyncEngine) -> None:
    """115 purchases were seen in 55 s, at five a minute."""
    async with web.darkroom.user() as user:
        ids = [await failed(engine, user.id) for _ in range(AT_ONCE)]
        await limit(engine, user.id, per_minute=5)
        retries: list[Asked] = [(f"/v1/generations/{one}/retry", None, {}) for one in ids]
        assert await crowd(web, user.key, *retries) == {202: 5, 429: 45}
        left = await fetch(engine, statement("SELECT id FROM image_generations WHERE status = 'failed' LIMIT 1"))
        async with user.http.post(f"/v1/generations/{left[0].id}/retry") as answer:
            assert (answer.status, int(answer.headers["Retry-After"]) >= 1) == (429, True)
        assert await crowd(web, user.key, *posts(1)) == {429: 1}


async def test_retries_take_from_the_same_budget(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        ids = [await failed(engine, user.id) for _ in range(AT_ONCE)]
        await limit(engine, user.id, usd="0.13")
        assert await crowd(web, user.key, *[(f"/v1/generations/{one}/retry", None, {}) for one in ids]) == {
            202: 5,
            402: 45,
        }
        assert await crowd(web, user.key, *posts(1)) == {402: 1}


async def test_what_is_called_off_is_promised_until_its_provider_has_stopped(web: Web, engine: AsyncEngine) -> None:
    """0.36 dollars were spent on a budget of 0.10: whoever cancels while OpenAI paints pays for the picture."""
    async with web.darkroom.user() as user:
        await limit(engine, user.id, usd="0.03")
        assert await crowd(web, user.key, *posts(1)) == {202: 1}
        (row,) = await claim_queued(engine, {"replicate": 64}, 30)
        async with user.http.post(f"/v1/generations/{row.id}/cancel") as answer:
            assert answer.status == 200
        assert await crowd(web, user.key, *posts(1)) == {402: 1}
        waits = await submit(engine, user_id=user.id, **PRICED)
        assert [(one.id, one.status) for one in await claim_queued(engine, {"replicate": 64}, 30)] == [
            (waits, "failed")
        ]
        await execute(engine, statement("UPDATE image_generations SET due_at = NULL WHERE id = :id"), id=row.id)
        assert await crowd(web, user.key, *posts(1)) == {202: 1}


async def test_the_same_one_fifty_times_takes_one(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        one = await failed(engine, user.id)
        await limit(engine, user.id, per_minute=60)
        answers = await crowd(web, user.key, *[(f"/v1/generations/{one}/retry", None, {})] * AT_ONCE)
        assert answers == {202: 1, 409: 49}
        assert (await fetch(engine, TOKENS, user_id=user.id))[0].tokens >= 59


async def test_outputs_that_were_paid_for_are_fetched_whatever_is_left(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        one = await failed(engine, user.id)
        record = """UPDATE image_generations SET prediction = '{"status": "succeeded", "output": ["https://p/1"]}'"""
        await execute(engine, statement(record))
        await limit(engine, user.id, usd="0")
        assert await crowd(web, user.key, (f"/v1/generations/{one}/retry", None, {})) == {202: 1}


async def test_a_batch_is_tried_again_as_far_as_there_is_room(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        async with user.http.post("/v1/batches", json={"prompts": ["a"] * 8}) as answer:
            batch = await answer.json()
        for member in batch["generations"]:
            await execute(engine, FAILS, id=UUID(member["id"]))
        await limit(engine, user.id, per_minute=5)
        path = f"/v1/batches/{batch['id']}/retry-failed"
        async with user.http.post(path) as answer:
            found = await answer.json()
            assert (answer.status, found["counts"]["queued"], found["counts"]["failed"]) == (202, 5, 3)
            assert 1 <= int(answer.headers["Retry-After"]) <= 12
        assert [one["status"] for one in found["generations"]] == ["queued"] * 5 + ["failed"] * 3
        async with user.http.post(path) as answer:
            assert (answer.status, "Retry-After" in answer.headers) == (429, True)
        await execute(engine, statement("UPDATE meters SET tokens_at = tokens_at - interval '1 minute'"))
        async with user.http.post(path) as answer:
            found = await answer.json()
            assert (answer.status, found["counts"]["queued"], "Retry-After" in answer.headers) == (202, 8, False)


async def test_old_writes_take_from_the_same_rate(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        ids = [await failed(engine, user.id) for _ in range(8)]
        await limit(engine, user.id, per_minute=5)
        path = f"/rest/v1/image_generations?id=in.({','.join(map(str, ids))})"
        async with user.http.patch(
            path, json={"status": "pending"}, headers={"Prefer": "return=representation"}
        ) as answer:
            assert (answer.status, len(await answer.json())) == (200, 5)
        async with user.http.patch(path, json={"status": "pending"}) as answer:
            assert (answer.status, "Retry-After" in answer.headers) == (429, True)


async def test_the_publishable_key_has_small_limits_by_default(
    web: Web, engine: AsyncEngine, settings: Settings
) -> None:
    await set_anonymous_defaults(engine, settings, paid=True)
    (listed,) = await list_limits(engine)
    assert (
        listed.user_id,
        listed.in_flight,
        listed.per_minute,
        listed.budget_usd,
        listed.budget_period,
        listed.by_default,
    ) == (
        *("", 4, 30, 1.0, "day"),
        True,
    )
    # The one sentence is for the app's developer; and whoever is signed in was believed to have no limits before that.
    async with web.darkroom.user() as user:
        assert await crowd(web, user.key, *posts(1)) == {202: 1}
    assert await crowd(web, ANON, *posts()) == {202: 30, 429: 20}
    async with web.darkroom.client(ANON) as http, http.post("/v1/generations", json=BODY) as answer:
        told = (await answer.json())["detail"]
        assert told.startswith("at most 30 generations a minute; come again in ")
        assert "its operator sets it with `darkroom limits set --anonymous --per-minute <number>`" in told
        assert int(answer.headers["Retry-After"]) >= 1
    claimed = await claim_queued(engine, {"replicate": 64}, 30)
    assert Counter(row.user_id for row in claimed) == {None: 4, user.id: 1}


async def test_the_publishable_key_has_a_sum_a_day_once_a_provider_is_paid(
    web: Web, engine: AsyncEngine, settings: Settings
) -> None:
    await set_anonymous_defaults(engine, settings.model_copy(update={"anonymous_usd_per_day": 0.06}), paid=True)
    assert await crowd(web, ANON, *posts(20)) == {202: 2, 402: 18}
    async with web.darkroom.client(ANON) as http, http.post("/v1/generations", json=BODY) as answer:
        told = (await answer.json())["detail"]
    assert told.startswith("the publishable key's budget of $0.06 a day has $0.0100 left")
    assert "`darkroom limits set --anonymous --budget <usd>`" in told
    await set_anonymous_defaults(engine, settings, paid=False)
    assert await crowd(web, ANON, *posts(20)) == {202: 20}


async def test_what_is_set_goes_before_the_defaults(web: Web, engine: AsyncEngine, settings: Settings) -> None:
    await set_anonymous_defaults(engine, settings, paid=True)
    await limit(engine, EACH, per_minute=2)
    assert await crowd(web, ANON, *posts(5)) == {202: 2, 429: 3}
    await limit(engine, "")
    assert await crowd(web, ANON, *posts(40)) == {202: 40}
    await forget_limits(engine, "")
    assert (await crowd(web, ANON, *posts(5)))[202] <= 2
    row = await row_of(engine, await submit(engine, user_id=None))
    assert row.user_cap == 4


@pytest.mark.parametrize(
    ("given", "paid"),
    [
        ({}, False),
        ({"replicate_api_token": "t", "replicate_api_url": "http://127.0.0.1:8001"}, False),
        ({"replicate_api_token": "t"}, True),
        ({"fal_key": "k"}, True),
        ({"openai_api_key": "k", "openai_base_url": "http://127.0.0.1:9000/v1"}, True),
    ],
)
def test_only_the_painter_asks_for_no_money(settings: Settings, given: dict[str, str], paid: bool) -> None:
    secrets = {name: SecretStr(value) if not name.endswith("url") else value for name, value in given.items()}
    assert settings.model_copy(update=secrets).has_paid_provider(8001) is paid
