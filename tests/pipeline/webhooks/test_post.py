"""One try against real servers: slow, silent, lying, endless, elsewhere; and what is kept of each answer."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from pipeline.egress import Guard
from pipeline.embedded.ports import any_free_port
from pipeline.retry_after import of_header
from pipeline.webhooks.post import KEPT_BYTES, READ_SECONDS, post
from pipeline.webhooks.schedule import Reply
from tests.pipeline.egress.hosts import guard
from tests.pipeline.webhooks.receiver import Answer, answering, cutting, dripping, endless, hanging, receiving

BODY = b'{"type":"generation.completed"}'
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


async def tried(answer: Answer, *, timeout: float = 15) -> Reply:
    """The reply of a receiver that answers so."""
    async with receiving() as receiver:
        receiver.answers.append(answer)
        reply = await post(guard(), receiver.url, BODY, {"webhook-id": "m1"}, timeout)
        assert [(one.id, one.body) for one in receiver.received] == [("m1", BODY)]
    assert reply.seconds >= 0
    return reply._replace(seconds=0)


@pytest.mark.parametrize("status", [200, 201, 204, 299, 400, 404, 410, 500])
async def test_the_status_and_the_beginning_of_the_answer_are_kept(status: int) -> None:
    text = "" if status == 204 else "thank you"
    assert await tried(answering(status, text)) == Reply(status, None, None, text)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with receiving() as elsewhere:
        reply = await tried(answering(status, Location=elsewhere.url))
        assert (reply.status, reply.error) == (status, f"it redirects to {elsewhere.url}, which is not followed")
        assert elsewhere.received == []


async def test_nobody_waits_longer_than_the_time() -> None:
    assert await tried(hanging, timeout=0.2) == Reply(None, "no answer within 0.2 s")


async def test_a_line_that_is_cut_and_a_port_where_nobody_listens() -> None:
    assert await tried(cutting) == Reply(None, "127.0.0.1 cannot be reached (ServerDisconnectedError)")
    reply = await post(guard(), f"http://127.0.0.1:{any_free_port()}/", BODY, {}, 5)
    assert reply.error == "127.0.0.1 cannot be reached (ClientConnectorError)"


async def test_the_status_decides_however_the_body_goes_on() -> None:
    """Neither an endless body nor one that stops coming makes a success a failure, or is waited for."""
    async with asyncio.timeout(READ_SECONDS + 10):
        assert await tried(endless) == Reply(200, answer="x" * KEPT_BYTES)
        assert await tried(dripping, timeout=0.5) == Reply(200, answer="thank you")


async def test_a_small_answer_is_not_unpacked_to_a_large_one() -> None:
    packed = gzip.compress(b"0" * 50_000_000)

    async def bomb(_: web.BaseRequest) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    reply = await tried(bomb)
    assert reply.status == 200
    assert reply.answer is not None
    assert reply.answer.startswith("\x1f")


async def test_what_postgres_does_not_keep_is_replaced() -> None:
    async def odd(_: web.BaseRequest) -> web.Response:
        return web.Response(status=302, body=b"a\0b\xffc", headers={"Location": "/\udce9"})

    reply = await tried(odd)
    assert reply.answer == "a\ufffdb\ufffdc"
    assert reply.error is not None
    reply.error.encode()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "http://[::1]:{}/", "https://localhost:{}/"])
async def test_what_is_inside_is_not_asked(url: str) -> None:
    async with receiving() as receiver:
        reply = await post(Guard(), url.format(receiver.url.rpartition(":")[2].partition("/")[0]), BODY, {}, 5)
        assert reply.status is None
        assert receiver.received == []
    assert reply.error is not None
    assert "is not on the public internet" in reply.error


async def test_a_name_that_leads_inside_is_not_asked_though_the_same_name_was_public_before() -> None:
    async with receiving() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        strict = guard(allowed=False, cat_example=["8.8.8.8", "127.0.0.1"])
        assert (await strict.pin(f"https://cat.example:{port}/")).addresses
        reply = await post(strict, f"https://cat.example:{port}/", BODY, {}, 5)
        assert reply == Reply(None, "cat.example is not on the public internet", seconds=reply.seconds)
        assert receiver.received == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        ("9" * 400, 999_999_999.0),
        (format_datetime(NOW + timedelta(minutes=2), usegmt=True), 120.0),
        (format_datetime(NOW - timedelta(minutes=2), usegmt=True), -120.0),
        ("Mon, 23 Nov 2026 10:01:00 -0000", 60.0),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert of_header(header, NOW) == seconds


async def test_the_wish_comes_with_the_reply() -> None:
    assert (await tried(answering(429, Retry_After="90"))).retry_after == 90
