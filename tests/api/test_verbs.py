"""What an owner may do: cancel, retry, delete; over HTTP, on the whole Darkroom."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.test_websocket import follow, socket
from tests.darkroom import Darkroom, User

FAR = "2999-01-01T00:00:00Z"
VERBS = [("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")]


async def ask(user: User, method: str, generation: dict[str, Any], verb: str) -> tuple[int, dict[str, Any] | None]:
    """Status and body of a request about a generation."""
    async with user.http.request(method, f"/v1/generations/{generation['id']}{verb}") as answer:
        return answer.status, None if answer.status == 204 else await answer.json(content_type=None)


async def completed(user: User, generation: dict[str, Any]) -> dict[str, Any]:
    """The resource once it is completed, as it was pushed."""
    async with socket(user.darkroom, user.key) as connection:
        resource: dict[str, Any] = (await follow(connection, f"generation:{generation['id']}"))[-1]["generation"]
        return resource


async def test_cancel_is_seen_at_once_and_may_be_repeated(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation = await user.submit(scheduled_at=FAR)
        for _ in range(2):
            status, resource = await ask(user, "POST", generation, "/cancel")
            assert resource
            assert (status, resource["status"]) == (200, "cancelled")
            assert [entry["status"] for entry in resource["timeline"]] == ["pending", "cancelled"]


async def test_a_completed_one_is_neither_cancelled_nor_tried_again(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation = await user.submit()
        await completed(user, generation)
        for verb in ("/cancel", "/retry"):
            status, problem = await ask(user, "POST", generation, verb)
            assert problem
            assert (status, problem["type"]) == (409, "/problems/conflict")
            assert "status: it is completed" in problem["detail"]


async def test_retry_develops_a_cancelled_one(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation = await user.submit(scheduled_at=FAR)
        await ask(user, "POST", generation, "/cancel")
        status, resource = await ask(user, "POST", generation, "/retry")
        assert resource
        assert (status, resource["status"], resource["completed_at"]) == (202, "queued", None)
        assert [entry["status"] for entry in (await completed(user, generation))["timeline"]][:4] == [
            "pending",
            "cancelled",
            "queued",
            "processing",
        ]


async def test_delete_takes_the_row_the_pictures_and_the_objects(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation = await user.submit(num_outputs=2)
        images = (await completed(user, generation))["images"]
        kept = [Path(darkroom.home, "pictures", image["storage_path"]) for image in images]
        assert [path.exists() for path in kept] == [True, True]
        assert await ask(user, "DELETE", generation, "") == (204, None)
        assert [path.exists() for path in kept] == [False, False]
        assert await user.rows() == 0
        assert (await ask(user, "GET", generation, ""))[0] == 404
        assert (await ask(user, "DELETE", generation, ""))[0] == 404


async def test_an_unfinished_one_is_not_deleted(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation = await user.submit(scheduled_at=FAR)
        status, problem = await ask(user, "DELETE", generation, "")
        assert problem
        assert (status, problem["detail"]) == (409, "status: it is pending; cancel it first")
        assert await user.rows() == 1


@pytest.mark.parametrize(("method", "verb"), VERBS)
async def test_nobody_changes_what_is_not_theirs(darkroom: Darkroom, method: str, verb: str) -> None:
    async with darkroom.user() as owner, darkroom.user() as other, darkroom.client("the-anon-key") as anonymous:
        generation = await owner.submit(scheduled_at=FAR)
        path = f"/v1/generations/{generation['id']}{verb}"
        for session in (other.http, anonymous):
            async with session.request(method, path) as answer:
                assert answer.status == 404
        async with darkroom.client(None) as nobody, nobody.request(method, path) as answer:
            assert answer.status == 401
        async with owner.http.request(method, f"/v1/generations/{uuid4()}{verb}") as answer:
            assert answer.status == 404
        async with owner.http.get(f"/v1/generations/{generation['id']}") as answer:
            assert (await answer.json())["version"] == 1


@pytest.mark.parametrize(("method", "verb"), VERBS)
async def test_what_has_no_owner_is_changed_only_by_the_key_that_submitted_it(
    darkroom: Darkroom, method: str, verb: str
) -> None:
    async with darkroom.user() as user, darkroom.client("the-anon-key") as anonymous:
        async with anonymous.post("/v1/generations", json={"prompt": "a cat", "scheduled_at": FAR}) as answer:
            path = f"/v1/generations/{(await answer.json())['id']}"
        async with user.http.request(method, path + verb) as answer:
            assert (answer.status, (await answer.json(content_type=None))["type"]) == (403, "/problems/forbidden")
        async with anonymous.post(f"{path}/cancel") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"deadline": "2020-01-01T00:00:00Z"}, "deadline"),
        ({"deadline": "2998-01-01T00:00:00Z", "scheduled_at": FAR}, "deadline"),
        ({"deadline": "tomorrow"}, "deadline"),
    ],
)
async def test_a_deadline_that_cannot_be_kept_is_refused(darkroom: Darkroom, body: dict[str, str], field: str) -> None:
    async with darkroom.user() as user:
        async with user.http.post("/v1/generations", json={"prompt": "a cat", **body}) as answer:
            problem = await answer.json(content_type="application/problem+json")
            assert (answer.status, problem["errors"][0]["field"]) == (422, field)
        assert await user.rows() == 0
