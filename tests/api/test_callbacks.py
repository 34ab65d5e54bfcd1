"""The provider's door: what is not signed by its secret changes nothing."""

import asyncio
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import pytest
from standardwebhooks import Webhook

from pipeline.callback_address import CallbackAddresses
from pipeline.database import open_engine
from pipeline.ids import new_id
from tests.conftest import settings_at
from tests.darkroom import Darkroom, User

SECRET_OF_A_STRANGER = "whsec_" + "c3RyYW5nZXIh" * 3
DONE = {"id": "nobodys", "status": "succeeded", "output": ["http://127.0.0.1:1/a.png"]}
TOO_LARGE = 8 * 2**20 + 1
PATIENCE = 20.0


async def completed(user: User) -> str:
    """A generation's id, once it is completed."""
    async with asyncio.timeout(PATIENCE), user.http.ws_connect("/v1/ws") as socket:
        generation_id: str = (await user.submit(width=64, height=64))["id"]
        await socket.send_json({"type": "subscribe", "topic": f"generation:{generation_id}", "after": None})
        while (await socket.receive_json()).get("status") != "completed":
            pass
    return generation_id


async def painters_secret(darkroom: Darkroom) -> str:
    """The secret that the painter hands out."""
    async with darkroom.user() as user:
        await completed(user)  # it listens by now
    url = f"{darkroom.painter_url}/v1/webhooks/default/secret"
    async with aiohttp.request("GET", url, headers=darkroom.painter_headers) as answer:
        key: str = (await answer.json())["key"]
        return key


@pytest.fixture(scope="module")
def secret(darkroom: Darkroom) -> str:
    """The painter's signing secret."""
    return asyncio.run(painters_secret(darkroom))


def signed(secret: str, body: bytes, at: datetime | None = None) -> dict[str, str]:
    """The headers of a webhook, as Standard Webhooks has them."""
    at = at or datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


def address(provider: str = "replicate", generation: object = None, attempt: object = 1, token: str = "x") -> str:
    """An address that nobody was given."""
    return f"/v1/callbacks/{provider}/{generation or new_id()}/{attempt}/{token}"


async def signed_address(
    darkroom: Darkroom, generation: str | None = None, attempt: int = 1, provider: str = "replicate"
) -> str:
    """The address that a provider is given, of a generation that nobody knows unless one is named."""
    engine = open_engine(settings_at(darkroom.home, database_url=darkroom.database_url))
    try:
        return await CallbackAddresses(engine).address(
            "", provider, UUID(generation) if generation else new_id(), attempt
        )
    finally:
        await engine.dispose()


async def post(darkroom: Darkroom, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and document of one callback."""
    async with darkroom.client(None) as http, http.post(path, data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_genuine_answer_about_nothing_we_know_is_not_asked_for_again(darkroom: Darkroom, secret: str) -> None:
    body = orjson.dumps(DONE)
    assert await post(darkroom, await signed_address(darkroom), body, signed(secret, body)) == (200, {"taken": False})


async def test_a_genuine_answer_about_a_finished_generation_changes_nothing(darkroom: Darkroom, secret: str) -> None:
    body = orjson.dumps(DONE | {"status": "failed"})
    async with darkroom.user() as user:
        generation_id = await completed(user)
        path = await signed_address(darkroom, generation_id)
        assert await post(darkroom, path, body, signed(secret, body)) == (200, {"taken": False})
        async with user.http.get(f"/v1/generations/{generation_id}") as answer:
            assert (await answer.json())["status"] == "completed"


def forgeries(secret: str, body: bytes) -> dict[str, dict[str, str]]:
    """Headers that must not open the door."""
    now, good = datetime.now(UTC), signed(secret, body)
    return {
        "by a stranger": signed(SECRET_OF_A_STRANGER, body),
        "of another body": signed(secret, body + b" "),
        "ten minutes old": signed(secret, body, now - timedelta(minutes=10)),
        "ten minutes early": signed(secret, body, now + timedelta(minutes=10)),
        "unsigned": {},
        "without its time": {name: value for name, value in good.items() if name != "webhook-timestamp"},
        "without its id": {name: value for name, value in good.items() if name != "webhook-id"},
        "with another id": good | {"webhook-id": "msg_2"},
        "with a time that is none": good | {"webhook-timestamp": "now"},
        "with a broken signature": good | {"webhook-signature": "v1,not base64"},
        "of another version": good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v2,")},
    }


@pytest.mark.parametrize("kind", forgeries(SECRET_OF_A_STRANGER, b"{}"))
async def test_what_is_not_signed_is_refused(darkroom: Darkroom, secret: str, kind: str) -> None:
    body = orjson.dumps(DONE)
    status, problem = await post(darkroom, await signed_address(darkroom), body, forgeries(secret, body)[kind])
    assert (status, problem["type"]) == (401, "/problems/unauthorized")


@pytest.mark.parametrize(
    "path",
    [
        address(provider="openai"),
        address(generation="17"),
        address(attempt="one"),
        address(attempt=10**30),
        address(attempt="9" * 5_000),
        address(token="é"),
        address().rpartition("/")[0],
    ],
    ids=["provider", "generation", "attempt", "huge attempt", "attempt of 5,000 digits", "token", "no token"],
)
async def test_an_address_that_nobody_was_given_is_not_found(darkroom: Darkroom, secret: str, path: str) -> None:
    body = orjson.dumps(DONE)
    status, problem = await post(darkroom, path, body, signed(secret, body))
    assert (status, problem["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"5", b'"p1"', b"{}", b'{"id": "p1"}', b"[" * 100_000], ids=len)
async def test_a_body_that_is_no_prediction_is_named(darkroom: Darkroom, secret: str, body: bytes) -> None:
    status, problem = await post(darkroom, await signed_address(darkroom), body, signed(secret, body))
    assert (status, problem["type"]) == (400, "/problems/invalid-json")
    assert "not a prediction" in problem["detail"]


async def test_a_body_that_is_too_large_is_refused_whoever_sent_it(darkroom: Darkroom, secret: str) -> None:
    body = b" " * TOO_LARGE
    headers = signed(secret, body)
    async with darkroom.user() as user:
        path = await signed_address(darkroom, await completed(user))
    async with darkroom.client(None) as http, http.post(path, data=io.BytesIO(body), headers=headers) as answer:
        assert (answer.status, (await answer.json())["type"]) == (413, "/problems/too-large")


async def test_an_address_of_another_attempt_generation_or_provider_is_like_an_unknown_one(
    darkroom: Darkroom, secret: str
) -> None:
    body = orjson.dumps(DONE | {"status": "failed"})
    async with darkroom.user() as user:
        generation = await completed(user)
    path = await signed_address(darkroom, generation)
    ours, _, token = path.rpartition("/")
    assert await post(darkroom, path, body, signed(secret, body)) == (200, {"taken": False})
    unknown = await post(darkroom, address(), body, signed(secret, body))
    assert unknown[0] == 404
    wrong = [
        address(generation=generation, token=token[:-1] + ("A" if token[-1] != "A" else "B")),
        address(generation=generation, token=token + "="),
        address(generation=generation, attempt=2, token=token),
        address(generation=generation, provider="fal", token=token),
        address(token=token),
        ours,
    ]
    for path in wrong:
        assert await post(darkroom, path, body, signed(secret, body)) == unknown
        assert await post(darkroom, path, body, {}) == unknown


async def answered_before_its_body(darkroom: Darkroom, path: str, headers: dict[str, str]) -> int:
    """The status of an answer to a POST that says a body of a megabyte will come, and sends none of it."""
    _, _, port = darkroom.url.rpartition(":")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    lines = [f"POST {path} HTTP/1.1", "Host: darkroom", "Content-Length: 1048576"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    try:
        async with asyncio.timeout(PATIENCE):
            return int((await reader.readline()).split()[1])
    finally:
        writer.close()


async def test_address_signature_headers_time_and_row_are_looked_at_before_a_body_is_read(
    darkroom: Darkroom, secret: str
) -> None:
    good = signed(secret, b"")
    old = signed(secret, b"", datetime.now(UTC) - timedelta(minutes=10))
    async with darkroom.user() as user:
        path = await signed_address(darkroom, await completed(user))
    assert await answered_before_its_body(darkroom, address(), good) == 404
    assert await answered_before_its_body(darkroom, path, {}) == 401
    assert await answered_before_its_body(darkroom, path, old) == 401
    assert await answered_before_its_body(darkroom, path, good | {"webhook-timestamp": "9" * 5_000}) == 401
    # Signed by us, and of no row: deleted since, or of an attempt that never was.
    assert await answered_before_its_body(darkroom, await signed_address(darkroom), good) == 200
    assert await answered_before_its_body(darkroom, path.replace("/1/", "/2/"), good) == 404
