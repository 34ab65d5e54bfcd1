"""The outbox: every way to a final status leaves one event, in the same transaction, and nothing else does."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.advance import collect_finished, give_up
from pipeline.callback import Callbacks
from pipeline.cancel import cancel
from pipeline.claim import claim_downloads, claim_queued
from pipeline.delete import delete
from pipeline.limits import set_limits
from pipeline.outputs import finish
from pipeline.retry import retry
from pipeline.statements import fetch, statement
from pipeline.sweep import fail_expired
from schema.statuses import Status
from schema.wire.webhook import Event
from tests.events import URL, event, only_delivery, outbox, told
from tests.pipeline.lifecycle_world import picture
from tests.pipeline.test_callback import DONE
from tests.rows import row_of, submit

_PASSED = statement("UPDATE image_generations SET due_at = now() - interval '1 second' RETURNING id")


async def develop(engine: AsyncEngine, generation_id: UUID, pictures: int = 1) -> None:
    """Bring a queued generation to its end."""
    (claimed,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    await Callbacks(engine).commit(
        generation_id, claimed.attempt_number, f"p-{generation_id}", DONE, provider="replicate"
    )
    await collect_finished(engine, 5)
    (row,) = await claim_downloads(engine, 5, lease=30)
    kept = [{**picture(), "idx": idx} for idx in range(pictures)]
    assert await finish(engine, [{"id": generation_id, "fence": row.fence, "pictures": kept}])


def check(delivery: Row[Any], generation: Row[Any]) -> dict[str, Any]:
    """Check that an event is what it says it is, and tells of `generation` as it stands; what it tells."""
    read = Event.model_validate_json(delivery.payload)
    assert read.type == delivery.type == f"generation.{generation.status}"
    assert read.timestamp == read.data.at == datetime.fromisoformat(generation.timeline[-1]["at"])
    assert set(told(delivery)) == set(type(read.data).model_fields)
    assert (read.data.id, read.data.version) == (generation.id, generation.version)
    assert (delivery.generation_id, delivery.version) == (generation.id, generation.version)
    assert (delivery.user_id, delivery.url, delivery.state) == (generation.user_id, generation.webhook_url, "pending")
    assert delivery.due_at == delivery.created_at
    said = told(delivery)
    for name in ("prompt", "seed", "model_id", "error_message", "metadata", "num_outputs", "attempt_number", "status"):
        assert said[name] == getattr(generation, name), name
    return said


async def test_a_completed_one_tells_of_the_pictures_that_came_with_the_same_statement(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, webhook_url=URL, metadata={"order": 7}, num_outputs=2)
    await develop(engine, generation_id, pictures=2)
    said = check(await only_delivery(engine), await row_of(engine, generation_id))
    assert (said["metadata"], said["left_out"], said["completed_at"]) == ({"order": 7}, [], said["at"])
    url = "http://127.0.0.1/images/x/0.png"
    assert [(image["idx"], image["url"], image["width"]) for image in said["images"]] == [(0, url, 8), (1, url, 8)]


async def test_one_that_is_given_up_tells_why(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, webhook_url=URL)
    (claimed,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    await give_up(engine, Status.PROCESSING, claimed, "the provider refused the content")
    said = check(await only_delivery(engine), await row_of(engine, generation_id))
    assert (said["why"], said["images"]) == ("the provider refused the content", [])


async def test_one_that_is_called_off(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, webhook_url=URL)
    await cancel(engine, generation_id)
    assert check(await only_delivery(engine), await row_of(engine, generation_id))["why"] is None
    await cancel(engine, generation_id)
    assert len(await outbox(engine)) == 1


async def test_one_whose_deadline_passed(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, webhook_url=URL, deadline=datetime.now(UTC) + timedelta(hours=1))
    await fetch(engine, _PASSED)
    await fail_expired(engine)
    check(await only_delivery(engine), await row_of(engine, generation_id))


async def test_one_that_no_budget_has_money_for(engine: AsyncEngine) -> None:
    await set_limits(engine, "somebody", in_flight=None, per_minute=None, budget_usd=Decimal("0.001"), period="month")
    generation_id = await submit(engine, webhook_url=URL, estimated_cost="0.5")
    (claimed,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    assert claimed.status == "failed"
    said = check(await only_delivery(engine), await row_of(engine, generation_id))
    assert "payment required" in said["error_message"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
async def test_one_that_a_person_changes_in_psql(engine: AsyncEngine, database_url: str, zone: str) -> None:
    generation_id = await submit(engine, webhook_url=URL)
    psql = await asyncpg.connect(database_url, server_settings={"timezone": zone})
    await psql.execute("UPDATE image_generations SET status = 'failed', error_message = 'by hand'")
    said = check(await only_delivery(engine), await row_of(engine, generation_id))
    assert (said["why"], said["at"][-6:]) == ("changed by hand", "+00:00")
    await psql.execute("UPDATE image_generations SET status = 'cancelled'")
    await psql.execute("UPDATE image_generations SET error_message = 'no transition', status = 'cancelled'")
    await psql.close()
    assert [row.version for row in await outbox(engine)] == [2, 3]


async def test_one_that_is_tried_again_and_ends_again_makes_another_event(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, webhook_url=URL)
    await cancel(engine, generation_id)
    await retry(engine, generation_id)
    await develop(engine, generation_id)
    first, second = await outbox(engine)
    assert [(row.type, row.version) for row in (first, second)] == [
        ("generation.cancelled", 2),
        ("generation.completed", 6),
    ]
    assert first.id != second.id
    assert (told(first)["status"], told(first)["images"]) == ("cancelled", [])


async def test_an_event_outlives_its_generation(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, webhook_url=URL)
    await develop(engine, generation_id)
    before = await only_delivery(engine)
    assert await delete(engine, generation_id) is not None
    assert await only_delivery(engine) == before


async def test_a_transition_that_is_rolled_back_leaves_none(engine: AsyncEngine, database_url: str) -> None:
    await submit(engine, webhook_url=URL)
    psql = await asyncpg.connect(database_url)
    async with psql.transaction():
        await psql.execute("UPDATE image_generations SET status = 'failed'")
        assert await psql.fetchval("SELECT count(*) FROM deliveries") == 1
        await psql.execute("ROLLBACK; BEGIN")
    await psql.close()
    assert await outbox(engine) == []


@pytest.mark.parametrize("without", [{"webhook_url": None}, {"user_id": None}])
async def test_without_a_webhook_or_an_owner_there_is_none(engine: AsyncEngine, without: dict[str, None]) -> None:
    generation_id = await submit(engine, **{"webhook_url": URL, **without})
    await cancel(engine, generation_id)
    assert await outbox(engine) == []


LONG = "\u0001\U0001f5bc" * 2_000
NUMBERS = {"n": [1e308] * 600}


@pytest.mark.parametrize(
    ("given", "left_out"),
    [
        ({"prompt": "x" * 4_000, "negative_prompt": "y" * 4_000, "metadata": {"m": "z" * 4_000}}, []),
        ({"prompt": "灯" * 4_000, "negative_prompt": "y" * 4_000}, []),
        ({"prompt": "灯" * 4_000, "negative_prompt": "塔" * 4_000}, ["negative_prompt"]),
        ({"prompt": LONG, "negative_prompt": LONG}, ["negative_prompt", "prompt"]),
        (
            {"prompt": "p", "negative_prompt": "n", "source_image_url": "https://x.example", "metadata": NUMBERS},
            ["negative_prompt", "prompt", "source_image_url", "metadata"],
        ),
    ],
)
async def test_a_body_has_at_most_20_kb_and_says_what_it_leaves_out(
    engine: AsyncEngine, given: dict[str, Any], left_out: list[str]
) -> None:
    delivery = await event(engine, **given)
    assert len(delivery.payload.encode()) <= 20_000
    said = told(delivery)
    assert said["left_out"] == left_out
    for name, value in given.items():
        assert said[name] == (None if name in left_out else value)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Example/hook?x=1", "shop.example"),
        ("HTTPS://shop.example:8443", "shop.example"),
        ("https://[2001:db8::1]:8443/x", "[2001:db8::1]"),
        ("https://灯台.example/塔", "灯台.example"),
        (f"https://{'灯' * 1_900}/", "灯" * 255),
        ("no address at all", ""),
        ("https://" + "y" * 3_000, "y" * 255),
    ],
)
async def test_no_address_can_make_a_transition_fail(engine: AsyncEngine, url: str, host: str) -> None:
    assert (await event(engine, url)).host == host
