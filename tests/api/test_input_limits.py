"""What may enter, at every endpoint: refused with field and limit, hurting nobody beside it, or back as it came."""

import asyncio
import base64
import json
from decimal import Decimal
from typing import Any

import aiohttp
import orjson
import pytest
from hypothesis import given, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Invalid
from pipeline.submit import Submissions
from tests.darkroom import Darkroom, User
from tests.rows import submission
from tests.schema.test_input_limits import DOCUMENTS, nested

NONE = "00000000-0000-7000-8000-000000000000"
DEEPEST = {"a": nested(31)}
DIGITS = "9" * 5_000
DEEP_JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":' + b"[" * 20_000, b"{}", b"x")
)


async def post(user: User, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Status and answer of a POST of these very bytes."""
    async with user.http.post(path, data=body, headers={"Content-Type": "application/json"}) as answer:
        return answer.status, await answer.json(content_type=None)


def with_metadata(metadata: str) -> bytes:
    """A submission's body."""
    return f'{{"prompt": "a lighthouse", "metadata": {metadata}}}'.encode()


@pytest.mark.parametrize(
    ("metadata", "limit"),
    [
        pytest.param(json.dumps(nested(33)), "at most 32 levels deep", id="33 levels"),
        pytest.param(json.dumps(nested(253)), "at most 32 levels deep", id="253 levels"),
        pytest.param('{"a": 18446744073709551616}', "a: must be an integer", id="2^64"),
        pytest.param('{"a": {"b": NaN}}', "a.b: must be a finite number", id="NaN"),
        pytest.param('{"a": 1e400}', "a: must be a finite number", id="1e400"),
        pytest.param(f'{{"a": {DIGITS}}}', "a: must be a finite number", id="5,000 digits"),
        pytest.param('{"a": 1, "a": 2}', "has the key 'a' twice", id="a key twice"),
        pytest.param('{"a": "\\u0000"}', "a: must not contain the character U+0000", id="NUL"),
    ],
)
async def test_refused_by_field_and_limit_at_every_endpoint(darkroom: Darkroom, metadata: str, limit: str) -> None:
    async with darkroom.user() as user:
        status, problem = await post(user, "/v1/generations", with_metadata(metadata))
        assert (status, [one["field"] for one in problem["errors"]]) == (422, ["metadata"])
        assert limit in problem["errors"][0]["message"]
        batch = f'{{"prompts": ["a lighthouse"], "settings": {{"metadata": {metadata}}}}}'.encode()
        status, problem = await post(user, "/v1/batches", batch)
        assert (status, [one["field"] for one in problem["errors"]]) == (422, ["settings.metadata"])
        status, refused = await post(user, "/functions/v1/start-generation", with_metadata(metadata))
        assert (status, limit in refused["error"]) == (400, True)
        old_batch = f'{{"prompts": ["a lighthouse"], "shared_settings": {{"mine": {metadata}}}}}'.encode()
        status, refused = await post(user, "/functions/v1/batch-generate", old_batch)
        assert (status, refused["error"].startswith("shared_settings: ")) == (400, True)
        job = f'{{"p_job_type": "generate-image", "p_payload": {with_metadata(metadata).decode()}}}'.encode()
        status, refused = await post(user, "/rest/v1/rpc/enqueue_job", job)
        assert (status, refused["code"], limit in refused["message"]) == (400, "22023", True)
        async with user.http.get("/v1/generations") as answer:
            assert (await answer.json())["items"] == []


@pytest.mark.parametrize("field", ["deadline", "scheduled_at"])
async def test_a_moment_that_nobody_could_read_again_is_refused(darkroom: Darkroom, field: str) -> None:
    async with darkroom.user() as user:
        status, problem = await post(
            user, "/v1/generations", orjson.dumps({"prompt": "p", field: "9999-12-31T23:59:59-01:00"})
        )
        message = problem["errors"][0]["message"]
        assert (status, problem["errors"][0]["field"], "years 1 to 9999" in message) == (422, field, True)


def cursor(at: str) -> str:
    """A list's cursor that no list has given."""
    return base64.urlsafe_b64encode(f"{at} {NONE}".encode()).decode()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        pytest.param(f"/v1/generations?limit={DIGITS}", "limit", id="a limit of 5,000 digits"),
        pytest.param("/v1/generations?limit=%D9%A1", "limit", id="a digit of another script"),
        pytest.param(f"/v1/webhooks/deliveries?limit={DIGITS}", "limit", id="of deliveries"),
        pytest.param("/v1/generations?model_id=%00", "model_id", id="NUL"),
        pytest.param(f"/v1/generations?cursor={cursor('0001-01-01T00:00:00+23:00')}", "cursor", id="before the year 1"),
        pytest.param(f"/v1/generations?cursor={cursor('9999-12-31T23:59:59-01:00')}", "cursor", id="after 9999"),
        pytest.param(f"/v1/generations?cursor={DIGITS}", "cursor", id="a cursor of 5,000 digits"),
    ],
)
async def test_refused_in_a_query(darkroom: Darkroom, path: str, field: str) -> None:
    async with darkroom.user() as user, user.http.get(path) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, [error["field"] for error in problem["errors"]]) == (422, [field])


async def test_an_event_id_of_5_000_digits_is_refused(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation = await user.submit()
        path, headers = f"/v1/generations/{generation['id']}/events", {"Last-Event-ID": DIGITS}
        async with user.http.get(path, headers=headers) as answer:
            assert (answer.status, (await answer.json(content_type=None))["errors"][0]["field"]) == (422, "after")


async def test_a_token_whose_header_is_deeper_than_the_stack_is_not_let_in(darkroom: Darkroom) -> None:
    headers = {"Authorization": f"Bearer {DEEP_JWT}"}
    async with darkroom.client(None) as http, http.get("/v1/generations", headers=headers) as answer:
        assert answer.status == 401


async def test_a_subscription_after_a_cursor_of_any_length_is_answered(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, user.http.ws_connect("/v1/ws") as socket:
        for after in ("9" * 3_900, 10**18, "x:" + "f" * 3_900, ":", "0:-1"):
            await socket.send_json({"type": "subscribe", "ref": "1", "topic": "generations", "after": after})
            assert (await socket.receive_json(timeout=5))["problem"]["errors"][0]["field"] == "after"


async def test_bindings_that_could_not_be_sent_back_are_refused(darkroom: Darkroom) -> None:
    binding = {"event": "*", "schema": "public", "table": "images", "mine": nested(300)}
    join = {"topic": "realtime:x", "event": "phx_join", "ref": "1"}
    async with darkroom.user() as user:
        path = f"/realtime/v1/websocket?apikey={user.key}"
        async with user.http.ws_connect(path) as socket:
            await socket.send_json({**join, "payload": {"config": {"postgres_changes": [binding]}}})
            answer = await socket.receive_json(timeout=5)
            assert (answer["event"], answer["payload"]["status"]) == ("phx_reply", "error")
            assert "levels deep" in answer["payload"]["response"]["reason"]


async def test_a_poisonous_submission_hurts_none_that_come_with_it(darkroom: Darkroom) -> None:
    """It made all that shared its INSERT answer 500."""
    good, bad = with_metadata('{"a": 1}'), with_metadata(json.dumps(nested(253)))
    async with darkroom.user() as user:
        answers = await asyncio.gather(*(post(user, "/v1/generations", bad if n % 8 == 0 else good) for n in range(32)))
    assert [status for status, _ in answers] == [422 if n % 8 == 0 else 202 for n in range(32)]


async def test_a_submission_that_cannot_be_written_fails_before_it_joins_others(engine: AsyncEngine) -> None:
    submissions = Submissions(engine)
    rows = [submission(metadata={"n": nested(300) if n == 5 else n}) for n in range(20)]
    made = await asyncio.gather(*(submissions.submit(row) for row in rows), return_exceptions=True)
    failed = [(n, error) for n, error in enumerate(made) if isinstance(error, BaseException)]
    assert [n for n, _ in failed] == [5]
    (error,) = (error for _, error in failed)
    assert isinstance(error, Invalid)
    assert error.field == "metadata"


async def test_metadata_comes_back_as_it_came(darkroom: Darkroom) -> None:
    """Whatever is accepted: integers of 64 bits, the longest fractions, every character, the text of an escaped NUL."""
    documents: list[dict[str, Any]] = [
        {"a": 2**64 - 1, "b": -(2**63), "c": 1e308, "d": 5e-324, "e": -0.0, "f": 0.1, "g": 1e22},
        {"\\u0000": "\\u0000 \\\\u0000", "": "", "ü\U0001f600": "\u2028\x7f"},
        DEEPEST,
    ]

    @settings(max_examples=60, deadline=None)
    @given(DOCUMENTS)
    def draw(document: Any) -> None:
        documents.append({"drawn": document})

    draw()
    async with darkroom.user() as user:
        for document in documents:
            body = orjson.dumps({"prompt": "p", "metadata": document})
            status, made = await post(user, "/v1/generations", body)
            assert (status, _exact(made["metadata"])) == (202, _exact(document))
            async with user.http.get(f"/v1/generations/{made['id']}") as answer:
                assert _exact((await answer.json())["metadata"]) == _exact(document)
            await user.http.post(f"/v1/generations/{made['id']}/cancel")


def _exact(document: Any) -> Any:
    """With every number as its decimal value: Python takes True for 1, JSON 1e16 for 10000000000000000."""
    match document:
        case dict():
            return {key: _exact(value) for key, value in document.items()}
        case list():
            return [_exact(value) for value in document]
        case bool() | None | str():
            return document
        case number:
            return "number", Decimal(repr(number))


async def test_a_socket_hears_of_a_generation_with_the_deepest_metadata(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, user.http.ws_connect("/v1/ws") as socket:
        _, made = await post(user, "/v1/generations", with_metadata(json.dumps(DEEPEST)))
        await socket.send_json({"type": "subscribe", "ref": "1", "topic": f"generation:{made['id']}"})
        while True:
            frame = await socket.receive_json(timeout=10)
            if frame["type"] == "transition":
                assert frame["generation"]["metadata"] == DEEPEST
                return


async def test_readiness_needs_no_luck(darkroom: Darkroom) -> None:
    """After all of the above every loop goes on."""
    async with aiohttp.ClientSession(darkroom.url) as http, http.get("/readyz") as answer:
        assert (answer.status, (await answer.json())["checks"]["background"]) == (200, "ok")
