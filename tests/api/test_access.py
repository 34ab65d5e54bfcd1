"""Who is let in, and who sees whose."""

from uuid import uuid4

import pytest

from tests.darkroom import Darkroom

NOBODYS = "0e984725-c51c-4bf4-9960-e1c80e27aba0"
DOORS = [
    ("POST", "/v1/generations"),
    ("GET", "/v1/generations"),
    ("GET", f"/v1/generations/{NOBODYS}"),
    ("GET", "/v1/queue"),
    ("GET", "/v1/models"),
]


@pytest.mark.parametrize(("method", "path"), DOORS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer dk_wrong"},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer " + "x" * 3000},
    ],
)
async def test_no_key_or_a_bad_one(darkroom: Darkroom, method: str, path: str, headers: dict[str, str]) -> None:
    async with darkroom.client(None) as http, http.request(method, path, headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["type"]) == (401, "/problems/unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "dk_wrong" not in str(problem)


async def test_a_revoked_and_an_expired_key(darkroom: Darkroom) -> None:
    for column in ("revoked_at", "expires_at"):
        async with darkroom.user() as user:
            await darkroom.execute(f"UPDATE api_keys SET {column} = now() WHERE user_id = $1", user.id)
            async with user.http.get("/v1/generations") as answer:
                assert answer.status == 401


async def test_the_owner_and_a_service_key_see_it_and_others_do_not(darkroom: Darkroom) -> None:
    async with darkroom.user() as owner, darkroom.user() as other, darkroom.user("service") as service:
        generation = await owner.submit()
        path = f"/v1/generations/{generation['id']}"
        for user, status in ((owner, 200), (service, 200), (other, 404)):
            async with user.http.get(path) as answer:
                assert answer.status == status
        async with other.http.get(path) as theirs, other.http.get(f"/v1/generations/{uuid4()}") as nobodys:
            assert await theirs.json(content_type=None) == await nobodys.json(content_type=None)
        async with other.http.get("/v1/generations") as answer:
            assert (await answer.json())["items"] == []


@pytest.mark.parametrize("path", ["/v1/generations/nonsense", f"/v1/generations/{NOBODYS}"])
async def test_an_id_that_is_none(darkroom: Darkroom, path: str) -> None:
    async with darkroom.user() as user, user.http.get(path) as answer:
        assert answer.status == 404
        assert "id" in (await answer.json(content_type="application/problem+json"))["detail"]


async def test_what_the_anonymous_key_submits_is_read_by_its_id_and_never_listed(darkroom: Darkroom) -> None:
    async with darkroom.client("the-anon-key") as anonymous, darkroom.user() as user:
        async with anonymous.post("/v1/generations", json={"prompt": "a cat"}) as answer:
            assert answer.status == 202
            generation = await answer.json()
        assert generation["user_id"] is None
        for session in (anonymous, user.http):
            async with session.get(f"/v1/generations/{generation['id']}") as answer:
                assert answer.status == 200
            async with session.get("/v1/generations") as answer:
                assert (await answer.json())["items"] == []
