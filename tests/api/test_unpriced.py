"""What nobody knows the price of: whichever way it comes, no budget buys it, nor is it priced as another model."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.egress import Guard
from pipeline.incomplete import complete_incomplete
from pipeline.limits import EACH, set_limits
from pipeline.money import EVERYBODY
from pipeline.prices import forget_price, set_price
from pipeline.statements import execute, statement
from pipeline.sweep import meter_due, promote_due
from tests.api.conftest import Web
from tests.darkroom import User
from tests.rows import row_of, submit
from tests.schema.jobs import enqueue

VERSION = "ab" * 32
SCHNELL = "black-forest-labs/flux-schnell"
BODY = {"prompt": "a lighthouse", "model_version": VERSION}
UNDER_ITS_NAME = {**BODY, "model_id": SCHNELL}
ELSEWHERE = {**BODY, "model_id": "somebody/some-model"}
BATCH = {"prompts": ["a lighthouse", "a harbour"], "settings": {"model_version": VERSION}}
OLD_BATCH = {"prompts": ["a lighthouse"], "shared_settings": {"model_version": VERSION}}
JOB = {"p_job_type": "generate-image", "p_payload": BODY}
FAILS = "UPDATE image_generations SET status = 'failed', due_at = NULL WHERE id = :id"
INSERTED = (
    "INSERT INTO image_generations (user_id, prompt, model_id, model_version) VALUES ($1, 'p', $2, $3) RETURNING id"
)
QUEUED = "INSERT INTO job_queue (job_type, payload) VALUES ('generate-image', $1) RETURNING id"

DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "generation": ("/v1/generations", ELSEWHERE),
    "under a catalogue model's name": ("/v1/generations", UNDER_ITS_NAME),
    "batch": ("/v1/batches", BATCH),
    "start-generation": ("/functions/v1/start-generation", BODY),
    "generate-image": ("/functions/v1/generate-image", BODY),
    "batch-generate": ("/functions/v1/batch-generate", OLD_BATCH),
    "rpc": ("/rest/v1/rpc/enqueue_job", JOB),
}


async def budget(engine: AsyncEngine, user_id: str, usd: str | None = "100") -> None:
    """A budget of so much a month."""
    money = None if usd is None else Decimal(usd)
    await set_limits(engine, user_id, in_flight=None, per_minute=None, budget_usd=money, period="month")


async def price(engine: AsyncEngine, usd: str = "0.5") -> None:
    """The operator's entry."""
    await set_price(engine, VERSION, name="somebody/some-model", usd=Decimal(usd), per="picture", usual_seconds=None)


async def told(
    user: User, path: str, body: dict[str, Any] | None, method: str = "POST", **headers: str
) -> tuple[int, str]:
    """What a door answers: its status, and its reason."""
    async with user.http.request(method, path, json=body, headers=headers) as answer:
        document = await answer.json()
        reasons = (
            (document.get("detail"), document.get("error"), document.get("message")) if answer.status >= 400 else ()
        )
        return answer.status, next((one for one in reasons if one), "")


async def bought(engine: AsyncEngine) -> int:
    """How many are bought when the clock has read what there is, and a worker claims all it can."""
    await meter_due(engine)
    await complete_incomplete(engine, Guard(), ["replicate", "fal"])
    await promote_due(engine)
    return sum(row.status == "processing" for row in await claim_queued(engine, {"replicate": 50, "fal": 50}, 30))


@pytest.mark.parametrize("door", DOORS)
async def test_a_user_is_told_what_the_operator_has_to_do(web: Web, engine: AsyncEngine, door: str) -> None:
    path, body = DOORS[door]
    async with web.darkroom.user() as user:
        status, reason = await told(user, path, body)
        assert status == (422 if path.startswith("/v1") else 400)
        assert "model_version" in reason
        assert f"`darkroom models add {VERSION} --usd <price>`" in reason
        assert await user.rows() == 0
        await price(engine)
        if door != "generate-image":  # it would wait for the picture
            assert (await told(user, path, body))[0] in (200, 202)


@pytest.mark.parametrize("payer", ["own", EACH, EVERYBODY])
@pytest.mark.parametrize("door", [*DOORS, "process-generation"])
async def test_a_service_key_calls_it_where_no_budget_pays(
    web: Web, engine: AsyncEngine, door: str, payer: str
) -> None:
    path, body = DOORS.get(door, ("/functions/v1/process-generation", BODY))
    async with web.darkroom.user("service") as service:
        await budget(engine, service.id if payer == "own" else payer)
        status, reason = await told(service, path, body)
        assert (status, reason[:13]) == (402, "model_version")
        assert f"`darkroom models add {VERSION} --usd <price>`" in reason
        assert (await service.rows(), await bought(engine)) == (0, 0)
        await budget(engine, service.id if payer == "own" else payer, None)
        if door not in ("generate-image", "process-generation"):
            assert (await told(service, path, body))[0] in (200, 202)
            assert await bought(engine) >= 1


async def _by_retry(user: User, generation_id: UUID) -> tuple[int, str]:
    return await told(user, f"/v1/generations/{generation_id}/retry", None)


async def _by_patch(user: User, generation_id: UUID) -> tuple[int, str]:
    headers = {"Prefer": "return=representation"}
    path = f"/rest/v1/image_generations?id=eq.{generation_id}"
    return await told(user, path, {"status": "pending"}, "PATCH", **headers)


async def _by_rpc(user: User, generation_id: UUID) -> tuple[int, str]:
    payload = {"generation_id": str(generation_id)}
    return await told(user, "/rest/v1/rpc/enqueue_job", {"p_job_type": "generate-image", "p_payload": payload})


@pytest.mark.parametrize("way", [_by_retry, _by_patch, _by_rpc])
async def test_it_is_not_tried_again_on_a_budget_until_its_price_is_known(
    web: Web, engine: AsyncEngine, way: Callable[[User, UUID], Awaitable[tuple[int, str]]]
) -> None:
    async with web.darkroom.user() as user:
        generation_id = await submit(engine, user_id=user.id, model_version=VERSION)
        await execute(engine, statement(FAILS), id=generation_id)
        await budget(engine, user.id)
        status, reason = await way(user, generation_id)
        assert (status, reason[:13]) == (402, "model_version")
        assert await bought(engine) == 0
        await price(engine)
        assert (await way(user, generation_id))[0] in (200, 202)
        row = await row_of(engine, generation_id)
        assert (row.status, row.price, float(row.estimated_cost)) == ("queued", {"picture": 0.5}, 0.5)
        assert await bought(engine) == 1


@pytest.mark.parametrize("way", ["enqueue_job", "job_queue", "by hand", "reset"])
async def test_by_sql_it_fails_with_the_reason(web: Web, engine: AsyncEngine, database_url: str, way: str) -> None:
    await budget(engine, "ada")
    psql = await asyncpg.connect(database_url)
    payload = {**BODY, "user_id": "ada"}
    match way:
        case "enqueue_job":
            generation_id = await enqueue(psql, payload)
        case "job_queue":
            text = f'{{"prompt": "p", "user_id": "ada", "model_version": "{VERSION}"}}'
            generation_id = await psql.fetchval(QUEUED, text)
        case "by hand":
            generation_id = await psql.fetchval(INSERTED, "ada", SCHNELL, VERSION)
        case _:
            generation_id = await submit(engine, user_id="ada", model_version=VERSION)
            await execute(engine, statement(FAILS), id=generation_id)
            await psql.execute("UPDATE job_queue SET status = 'pending' WHERE id = $1", generation_id)
    await psql.close()
    assert await bought(engine) == 0
    row = await row_of(engine, generation_id)
    assert (row.status, row.price) == ("failed", None)
    assert row.error_message.startswith(f"payment required: model_version: nobody knows what {VERSION} costs")


async def test_a_foreign_version_under_a_models_name_costs_what_the_operator_says(
    web: Web, engine: AsyncEngine
) -> None:
    await price(engine, "0.75")
    async with web.darkroom.user() as user:
        made = await user.submit(model_id=SCHNELL, model_version=VERSION)
        row = await row_of(engine, UUID(made["id"]))
        # Nor is it bought at another provider, which has the catalogue's model and no versions.
        assert (float(row.estimated_cost), row.price, row.provider, row.route) == (
            0.75,
            {"picture": 0.75},
            "replicate",
            None,
        )
        async with user.http.get("/v1/models") as answer:
            (listed,) = (await answer.json())["versions"]
        assert (listed["version"], listed["name"], listed["price"], listed["price_per"]) == (
            *(VERSION, "somebody/some-model"),
            *(0.75, "picture"),
        )
        await forget_price(engine, VERSION)
        assert (await told(user, "/v1/generations", UNDER_ITS_NAME))[0] == 422


async def test_what_is_under_a_budget_waits_for_its_own_lane_where_the_other_has_no_price(engine: AsyncEngine) -> None:
    await execute(engine, statement("INSERT INTO lanes (provider, cap) VALUES ('fal', 64)"))
    await execute(engine, statement("UPDATE lanes SET paused = true WHERE provider = 'replicate'"))
    known = {"provider": "replicate", "model": None, "input": {}, "price": {"picture": 0.01}, "estimated_cost": 0.01}
    unknown = {**known, "provider": "fal", "price": None, "estimated_cost": None}
    way = {"route": ["replicate", "fal"], "stops": [known, unknown], "price": {"picture": 0.01}, "estimated_cost": 0.01}
    await budget(engine, "ada")
    hers, his = [await submit(engine, user_id=who, **way) for who in ("ada", "bob")]
    assert [row.id for row in await claim_queued(engine, {"replicate": 5, "fal": 5}, 30)] == [his]
    await execute(engine, statement("UPDATE lanes SET paused = false WHERE provider = 'replicate'"))
    assert [(row.id, row.provider) for row in await claim_queued(engine, {"replicate": 5, "fal": 5}, 30)] == [
        (hers, "replicate")
    ]
