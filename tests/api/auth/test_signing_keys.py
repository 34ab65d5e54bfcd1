"""The sign-in server's public keys: cached, read again in moderation, and kept while it is down."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from aiohttp import web

from api.auth.signing_keys import MAX_BYTES, SigningKeys, read_keys
from api.problems import Problem
from pipeline.embedded.ports import any_free_port
from tests.api.auth.jwks_server import JwksServer
from tests.api.auth.minting import ALGORITHMS, key_pair

PATIENCE = 20.0


async def test_one_read_serves_everybody(jwks: JwksServer) -> None:
    jwks.publish(key_pair("ES256", "a"))
    keys = SigningKeys(jwks.url)
    found = await asyncio.gather(*(keys.find("a") for _ in range(50)))
    assert {key.key_id for key in found if key} == {"a"}
    assert jwks.reads == 1


async def test_an_unknown_key_is_looked_for_once_in_a_while(jwks: JwksServer) -> None:
    jwks.publish(key_pair("ES256", "a"))
    patient, eager = SigningKeys(jwks.url), SigningKeys(jwks.url, pause_seconds=0)
    assert await patient.find("a")
    assert await eager.find("a")
    jwks.publish(key_pair("ES256", "a"), key_pair("ES256", "b"))
    reads = jwks.reads
    assert [await patient.find("b") for _ in range(20)] == [None] * 20
    assert jwks.reads == reads
    assert await eager.find("b")
    assert jwks.reads == reads + 1


async def test_who_stops_waiting_takes_nothing_from_the_others(jwks: JwksServer) -> None:
    jwks.publish(key_pair("ES256", "a"))
    jwks.may_answer.clear()
    keys = SigningKeys(jwks.url)
    first, second = asyncio.create_task(keys.find("a")), asyncio.create_task(keys.find("a"))
    await asyncio.wait_for(jwks.was_asked.wait(), PATIENCE)
    first.cancel()
    jwks.may_answer.set()
    assert await asyncio.wait_for(second, PATIENCE)


async def test_old_keys_are_read_again_while_nobody_waits(jwks: JwksServer) -> None:
    old, new = key_pair("ES256", "a"), key_pair("ES256", "b")
    jwks.publish(old)
    keys = SigningKeys(jwks.url, fresh_seconds=0, pause_seconds=0)
    assert await keys.find("a")
    jwks.publish(new)
    jwks.was_asked.clear()
    jwks.may_answer.clear()
    assert await keys.find("a")  # at once, though the server is silent
    await asyncio.wait_for(jwks.was_asked.wait(), PATIENCE)
    jwks.may_answer.set()
    assert await keys.find("b")
    assert await keys.find("a") is None


async def test_keys_hold_for_a_longest_time_while_the_server_is_down(jwks: JwksServer) -> None:
    pair = key_pair("ES256", "a")
    jwks.publish(pair)
    keys, lasting = (SigningKeys(jwks.url, pause_seconds=0, stale_seconds=seconds) for seconds in (0.0, 3600.0))
    assert await keys.find("a")
    assert await lasting.find("a")
    jwks.answer = lambda: web.Response(status=503)
    with pytest.raises(Problem) as problem:
        await keys.find("a")
    assert problem.value.document["status"] == 503
    assert await lasting.find("a")
    jwks.answer = None
    assert await keys.find("a")


def broken() -> list[tuple[str, Callable[[], web.Response]]]:
    return [
        ("503", lambda: web.Response(status=503)),
        ("redirect", lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})),
        ("not JSON", lambda: web.Response(text="<html>")),
        ("no set", lambda: web.json_response([])),
        ("no list", lambda: web.json_response({"keys": {}})),
        ("too long", lambda: web.Response(body=b" " * (MAX_BYTES + 1))),
    ]


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in broken()])
async def test_a_server_that_fails_takes_no_key_away(jwks: JwksServer, answer: Callable[[], web.Response]) -> None:
    jwks.publish(key_pair("ES256", "a"))
    keys = SigningKeys(jwks.url, pause_seconds=0)
    assert await keys.find("a")
    jwks.answer = answer
    assert await keys.find("b") is None
    assert await keys.find("a")
    with pytest.raises(Problem) as unavailable:
        await SigningKeys(jwks.url).find("a")
    assert unavailable.value.document["status"] == 503


async def test_nobody_is_there(caplog: pytest.LogCaptureFixture) -> None:
    keys = SigningKeys(f"http://127.0.0.1:{any_free_port()}/jwks.json?apikey=a-key-in-a-query")
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            with pytest.raises(Problem) as unavailable:
                await keys.find("a")
            assert unavailable.value.document["status"] == 503
    assert "SUPABASE_JWKS_URL" in caplog.text
    assert "a-key-in-a-query" not in caplog.text


async def test_a_silent_server_costs_its_time_once(jwks: JwksServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.signing_keys.READ_SECONDS", 0.1)
    jwks.may_answer.clear()
    keys = SigningKeys(jwks.url)
    for _ in range(2):
        with pytest.raises(Problem):
            await keys.find("a")
    assert jwks.reads == 1


async def test_an_empty_set_is_an_answer(jwks: JwksServer) -> None:
    """So it is while a project signs by its secret only."""
    assert await SigningKeys(jwks.url).find("a") is None


async def test_closing_breaks_a_read_off(jwks: JwksServer) -> None:
    jwks.may_answer.clear()
    keys = SigningKeys(jwks.url)
    waiting = asyncio.create_task(keys.find("a"))
    await asyncio.wait_for(jwks.was_asked.wait(), PATIENCE)
    await keys.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await SigningKeys(jwks.url).close()


def test_keys_of_other_kinds_are_passed_by() -> None:
    good = [key_pair(algorithm, algorithm).public for algorithm in ALGORITHMS]
    rsa, curve = good[0], good[1]
    others: list[object] = [
        {"kty": "oct", "kid": "secret", "alg": "HS256", "k": "c2VjcmV0"},
        {**rsa, "kid": "other algorithm", "alg": "RS512"},
        {**rsa, "kid": "as a secret", "alg": "HS256"},
        {**rsa, "kid": "for encryption", "use": "enc"},
        {**rsa, "kid": "half", "n": 5},
        {**rsa, "kid": "empty", "n": ""},
        {**curve, "kid": "off the curve", "x": curve["y"]},
        {**curve, "kid": "no point", "x": None},
        {"kty": "NEW", "kid": "from the future"},
        {"kty": ["RSA"], "kid": "odd"},
        {**rsa, "kid": 5},
        {**rsa, "kid": "odd alg", "alg": ["RS256"]},
        "nonsense",
        None,
    ]
    assert set(read_keys({"keys": [*others, *good]})) == set(ALGORITHMS)
