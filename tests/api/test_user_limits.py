"""What a limited user is told at the doors: when to come again, or that a budget is spent; then nothing is made."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.limits import EACH, set_limits
from pipeline.money import EVERYBODY
from pipeline.statements import execute, statement
from tests.api.conftest import Web
from tests.darkroom import User

BODY = {"prompt": "a lighthouse", "model_id": "black-forest-labs/flux-dev"}
"""0.025 dollars."""
BATCH = {"prompts": ["a lighthouse"] * 4, "settings": {"model_id": "black-forest-labs/flux-dev"}}
OLD_DOOR = "/functions/v1/start-generation"


async def limit(
    engine: AsyncEngine, user_id: str, *, per_minute: int | None = None, usd: str | None = None, period: Any = "month"
) -> None:
    """Limit somebody."""
    budget = None if usd is None else Decimal(usd)
    await set_limits(engine, user_id, in_flight=None, per_minute=per_minute, budget_usd=budget, period=period)


async def post(
    user: User, path: str = "/v1/generations", body: dict[str, Any] = BODY, **headers: str
) -> tuple[int, Any, Mapping[str, str]]:
    """What a door answers."""
    async with user.http.post(path, json=body, headers=headers) as answer:
        return answer.status, await answer.json(), answer.headers


async def test_more_than_a_minutes_worth_is_told_when_to_come_again(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user, web.darkroom.user() as other:
        await limit(engine, user.id, per_minute=3)
        assert [(await post(user))[0] for _ in range(3)] == [202] * 3
        status, problem, headers = await post(user)
        assert (status, problem["type"]) == (429, "/problems/too-many-requests")
        wait = int(headers["Retry-After"])
        assert 1 <= wait <= 20
        assert problem["detail"].startswith("at most 3 generations a minute; come again in ")
        assert await user.rows() == 3
        assert (await post(other))[0] == 202
        assert (await post(user, OLD_DOOR, {"prompt": "a lighthouse"}))[:2] == (
            429,
            {"success": False, "error": problem["detail"]},
        )
        await execute(engine, statement("UPDATE meters SET tokens_at = tokens_at - interval '20 seconds'"))
        assert (await post(user))[0] == 202
        assert (await post(user))[0] == 429


async def test_a_batch_takes_as_many_as_it_has_or_none(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, per_minute=5)
        assert (await post(user, "/v1/batches", BATCH))[0] == 202
        assert (await post(user, "/v1/batches", BATCH))[0] == 429
        assert (await post(user))[0] == 202
        assert await user.rows() == 5
        status, problem, headers = await post(user, "/v1/batches", {"prompts": ["a lighthouse"] * 6})
        assert (status, "Retry-After" in headers) == (429, False)
        assert problem["detail"] == ("at most 5 generations a minute, and these are 6 at once; send fewer at a time")


async def test_a_budget_that_is_spent_is_a_402_that_names_it(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, usd="0.06")
        status, problem, _ = await post(user, "/v1/batches", BATCH)
        assert (status, problem["type"]) == (402, "/problems/payment-required")
        assert problem["detail"] == (
            "your budget of $0.06 a month has $0.0600 left, and this would cost about $0.1000; "
            "it begins anew with the next month (UTC)"
        )
        assert await user.rows() == 0
        # What is accepted is counted, before anything of it is bought.
        assert [(await post(user))[0] for _ in range(3)] == [202, 202, 402]
        await limit(engine, user.id, usd="0.03")
        moved = await claim_queued(engine, {"replicate": 10}, 30)
        assert sorted(row.status for row in moved) == ["failed", "processing"]


async def test_this_servers_budget_holds_for_everybody(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user, web.darkroom.user("service") as service:
        await limit(engine, EVERYBODY, usd="0.01", period="day")
        for one in (user, service):
            status, problem, _ = await post(one)
            assert (status, problem["detail"][:41]) == (402, "this server's budget of $0.01 a day has $")
        assert (await post(user, body={**BODY, "model_id": "black-forest-labs/flux-schnell"}))[0] == 202


async def test_what_a_key_has_made_is_shown_again_and_takes_nothing(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, user.id, per_minute=2, usd="0.054")
        for path, body in (("/v1/generations", BODY), ("/v1/batches", {"prompts": ["a lighthouse"]})):
            answers = [await post(user, path, body, **{"Idempotency-Key": path}) for _ in range(4)]
            assert [status for status, *_ in answers] == [202] * 4
            assert len({document["id"] for _, document, _ in answers}) == 1
        assert (await post(user))[0] == 429


async def test_the_anonymous_key_has_limits_of_its_own_or_those_for_each(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        await limit(engine, EACH, per_minute=1)
        await limit(engine, user.id)
        assert [(await post(user))[0] for _ in range(3)] == [202] * 3
    async with web.darkroom.user() as another:
        assert [(await post(another))[0] for _ in range(2)] == [202, 429]


async def test_new_limits_are_known_within_seconds(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        assert (await post(user))[0] == 202
        await limit(engine, user.id, per_minute=1)
        answers = []
        while 429 not in answers:
            answers.append((await post(user))[0])
    assert set(answers) == {202, 429}


async def test_the_queue_shows_what_the_asker_has_paid(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user, web.darkroom.user("service") as service:
        await limit(engine, user.id, usd="2")
        book = "INSERT INTO spending VALUES (:who, CAST(now() AT TIME ZONE 'UTC' AS date), 0.5) RETURNING usd"
        for who in (user.id, EVERYBODY):
            await execute(engine, statement(book), who=who)
        costs = [(await (await one.http.get("/v1/queue")).json())["cost"] for one in (user, service)]
    mine = {"budget_usd": 2.0, "budget_period": "month", "budget_left_usd": 1.5}
    paid = {"today_usd": 0.5, "month_usd": 0.5}
    assert costs == [{**paid, **mine}, {**paid, **dict.fromkeys(mine)}]
