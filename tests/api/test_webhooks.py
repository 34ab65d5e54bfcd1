"""Webhooks from the outside, on the whole Darkroom: given at submit, received, looked up, replayed, verified."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from schema.wire.webhook import Delivery, DeliveryList, Event, Try, WebhookSecret, WholeDelivery
from tests.api.test_authorisation import delivery
from tests.api.test_batches import call, submit
from tests.api.test_health import described
from tests.api.test_verbs import FAR
from tests.darkroom import Darkroom, User
from tests.pipeline.webhooks.receiver import Receiver, answering, receiving

DELIVERIES = "/v1/webhooks/deliveries"


def check(document: dict[str, Any], model: type[BaseModel]) -> None:
    """Check that a document is as it is described, down to its last field."""
    model.model_validate(document)
    assert set(document) == set(model.model_fields)


async def ask(user: User, path: str, method: str = "GET", **params: str) -> dict[str, Any]:
    """The document behind a door that lets the user in."""
    async with user.http.request(method, path, params=params) as answer:
        assert answer.ok, await answer.text()
        document: dict[str, Any] = await answer.json()
        return document


async def settled(user: User, delivery_id: str, state: str = "delivered") -> dict[str, Any]:
    """The delivery, once it stands so."""
    while (found := await ask(user, f"{DELIVERIES}/{delivery_id}"))["state"] != state:
        pass
    return found


def as_moments(told: dict[str, Any]) -> dict[str, Any]:
    """Its moments as such: Postgres writes no zeros behind the last digit of a fraction, Python writes six digits."""
    return told | {name: datetime.fromisoformat(told[name]) for name in ("created_at", "completed_at")}


async def test_a_finished_generation_is_told_to_its_webhook(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, receiving() as receiver:
        receiver.answers.append(answering(201, "thank you"))
        generation = await user.submit(webhook_url=receiver.url, metadata={"order": 7})
        assert generation["webhook_url"] == receiver.url
        (came,) = await receiver.until(1)
        came.verify((await ask(user, "/v1/webhooks/secret"))["secret"])
        check(came.event, Event)
        data = came.event["data"]
        assert (came.event["type"], data["id"], data["metadata"]) == (
            "generation.completed",
            generation["id"],
            {"order": 7},
        )
        async with user.http.get(data["images"][0]["url"]) as answer:
            assert len(await answer.read()) == data["images"][0]["file_size"]
        resource = await ask(user, f"/v1/generations/{generation['id']}")
        told = {name: value for name, value in data.items() if name in resource and name != "images"}
        assert len(told) > 20
        assert as_moments(told) == as_moments({name: resource[name] for name in told})
        kept = await settled(user, came.id)
        check(kept, WholeDelivery)
        check(kept["tries"][0], Try)
        assert (kept["generation_id"], kept["user_id"], kept["url"]) == (generation["id"], user.id, receiver.url)
        assert (kept["payload"].encode(), kept["tries"][0]["answer"]) == (came.body, "thank you")
        assert kept["last_try"] == kept["tries"][0]


async def test_a_cancelled_one_is_told_at_once(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, receiving() as receiver:
        generation = await user.submit(webhook_url=receiver.url, scheduled_at=FAR)
        await ask(user, f"/v1/generations/{generation['id']}/cancel", "POST")
        (came,) = await receiver.until(1)
        assert came.event["type"] == "generation.cancelled"


async def test_a_batch_shares_its_webhook(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, receiving() as receiver:
        batch = await submit(user, "a", "b", "c", webhook_url=receiver.url, scheduled_at=FAR)
        await call(user, batch, "cancel")
        came = await receiver.until(3)
        assert {one.event["data"]["id"] for one in came} == {member["id"] for member in batch["generations"]}
        assert {one.event["data"]["batch_id"] for one in came} == {batch["id"]}


async def test_a_change_in_psql_is_told(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, receiving() as receiver:
        generation = await user.submit(webhook_url=receiver.url, scheduled_at=FAR)
        sql = "UPDATE image_generations SET status = 'failed', error_message = 'by hand' WHERE id = $1"
        await darkroom.execute(sql, UUID(generation["id"]))
        (came,) = await receiver.until(1)
        assert (came.event["type"], came.event["data"]["error_message"]) == ("generation.failed", "by hand")


@pytest.mark.parametrize("door", ["/v1/generations", "/v1/batches", "/functions/v1/start-generation"])
async def test_without_an_owner_there_is_no_webhook(darkroom: Darkroom, door: str) -> None:
    url = "https://example.org/hook"
    body = {"prompts": ["x"], "settings": {"webhook_url": url}} if "batches" in door else {"prompt": "x"}
    async with darkroom.client("the-anon-key") as http:
        async with http.post(door, json=body if "batches" in door else {**body, "webhook_url": url}) as answer:
            said = await answer.text()
            assert answer.status == (400 if "functions" in door else 422)
        assert "webhook_url" in said or "needs an owner" in said
        assert "who alone may fetch the secret" in said


async def test_a_replay_comes_under_the_same_id_with_the_same_bytes(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, receiving() as receiver:
        receiver.answers.append(answering(410))
        made = await gone(user, receiver)
        again = await ask(user, f"{DELIVERIES}/{made['id']}/replay", "POST")
        assert (again["state"], again["attempts"], again["settled_at"]) == ("pending", 0, None)
        check(again, WholeDelivery)
        first, second = await receiver.until(2)
        assert (first.id, first.body) == (second.id, second.body)
        assert (await settled(user, made["id"]))["attempts"] == 1


async def gone(user: User, receiver: Receiver) -> dict[str, Any]:
    """A delivery that the receiver has answered with 410."""
    await user.submit(webhook_url=receiver.url, width=256, height=256)
    (came,) = await receiver.until(1)
    return await settled(user, came.id, "disabled")


async def test_the_log_goes_through_everything_once_and_shows_nobody_elses(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, darkroom.user() as other, darkroom.user("service") as service:
        made = [(await delivery(user))["id"] for _ in range(5)]
        seen: list[str] = []
        query: dict[str, str] = {}
        while True:
            page = await ask(user, DELIVERIES, limit="2", **query)
            check(page, DeliveryList)
            for item in page["items"]:
                check(item, Delivery)
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query = {"cursor": page["next_cursor"]}
        assert seen == made[::-1]
        assert (await ask(other, DELIVERIES))["items"] == []
        assert made[-1] in {item["id"] for item in (await ask(service, DELIVERIES, limit="100"))["items"]}
        assert (await ask(user, DELIVERIES, state="delivered"))["items"] == []
        async with darkroom.client("the-anon-key") as anonymous, anonymous.get(DELIVERIES) as answer:
            assert (await answer.json())["items"] == []


@pytest.mark.parametrize(
    ("name", "value"), [("limit", "0"), ("state", "lost"), ("cursor", "x"), ("generation_id", "1"), ("status", "x")]
)
async def test_refused_queries_name_the_parameter(darkroom: Darkroom, name: str, value: str) -> None:
    async with darkroom.user() as user, user.http.get(DELIVERIES, params={name: value}) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, [error["field"] for error in problem["errors"]]) == (422, [name])


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_one_that_never_was_is_not_found(darkroom: Darkroom, method: str) -> None:
    for which in ("019a0000-0000-7000-8000-000000000000", "x"):
        path = f"{DELIVERIES}/{which}" + ("/replay" if method == "POST" else "")
        async with darkroom.user() as user, user.http.request(method, path) as answer:
            assert (answer.status, (await answer.json(content_type=None))["type"]) == (404, "/problems/not-found")


async def test_a_secret_is_rotated_and_the_old_one_shown_with_its_end(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, darkroom.user() as other:
        first = await ask(user, "/v1/webhooks/secret")
        check(first, WebhookSecret)
        assert await ask(user, "/v1/webhooks/secret") == first
        assert (await ask(other, "/v1/webhooks/secret"))["secret"] != first["secret"]
        rotated = await ask(user, "/v1/webhooks/secret/rotate", "POST")
        check(rotated, WebhookSecret)
        assert [one["secret"] for one in rotated["previous"]] == [first["secret"]]
        assert rotated["secret"] != first["secret"]
        async with user.http.get("/v1/webhooks/secret") as answer:
            assert (answer.headers["Cache-Control"], await answer.json()) == ("no-store", rotated)


async def test_too_many_rotations_are_refused_and_change_nothing(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        await ask(user, "/v1/webhooks/secret")
        for _ in range(4):
            await ask(user, "/v1/webhooks/secret/rotate", "POST")
        before = await ask(user, "/v1/webhooks/secret")
        async with user.http.post("/v1/webhooks/secret/rotate") as answer:
            problem = await answer.json(content_type="application/problem+json")
            assert (answer.status, problem["type"]) == (409, "/problems/conflict")
            assert "5 sign already" in problem["detail"]
        assert await ask(user, "/v1/webhooks/secret") == before


async def test_the_description_knows_the_webhook(darkroom: Darkroom) -> None:
    document = await described(darkroom)
    schema = document["webhooks"]["generation"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Event"}
    assert set(document["components"]["schemas"]["Event"]["properties"]) == {"type", "timestamp", "data"}
