"""From what came with a request to an identity: keys of ours, the old apps' keys, and how long each is believed."""

import asyncio
import time

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth.authenticator import Authenticator
from api.auth.identity import ANONYMOUS, Identity
from api.problems import Problem
from pipeline.api_keys import new_key, save_key
from pipeline.errors import Invalid
from pipeline.settings import Settings
from pipeline.statements import execute, statement
from schema.wire.frames import MAX_FRAME_BYTES, MAX_TOKEN_LENGTH
from tests.api.auth.minting import SECRET, sign
from tests.statements import Statements

HOUR = 3600.0
_END = statement("UPDATE api_keys SET expires_at = now() WHERE user_id = 'ada'")
_REVOKE = statement("UPDATE api_keys SET revoked_at = now() WHERE user_id = 'ada'")


class Clock:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


async def ada(engine: AsyncEngine, days: int | None = None) -> str:
    """A fresh key of the user `ada`."""
    key = new_key()
    assert await save_key(engine, key, name="a test's", user_id="ada", role="user", days=days)
    return key


async def refused(authenticator: Authenticator, key: str) -> bool:
    try:
        await authenticator.identify(key)
    except Problem as problem:
        return problem.document["status"] == 401 and key not in str(problem.document)
    return False


async def test_a_key_knows_its_end(engine: AsyncEngine, settings: Settings) -> None:
    authenticator = Authenticator(engine, settings)
    endless = await authenticator.identify(await ada(engine))
    assert (endless.user_id, endless.role, endless.expires_at) == ("ada", "user", None)
    assert endless.key_id
    ending = await authenticator.identify(await ada(engine, days=1))
    assert ending.expires_at == pytest.approx(time.time() + 24 * HOUR, abs=30)
    assert ending.key_id not in {None, endless.key_id}
    assert ending.is_same_person(endless)


async def test_a_flood_of_an_unknown_key_costs_one_look_and_of_many_keys_few(
    engine: AsyncEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.auth.authenticator.UNKNOWN_SECONDS", 600.0)
    authenticator, unknown, statements = Authenticator(engine, settings), new_key(), Statements(engine)
    for _ in range(50):
        assert await refused(authenticator, unknown)
    assert statements.count == 1
    assert all(await asyncio.gather(*(refused(authenticator, new_key()) for _ in range(400))))
    assert statements.count < 10


async def test_who_guesses_pushes_nobody_out_and_fills_no_memory(
    engine: AsyncEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.auth.authenticator.UNKNOWN_SIZE", 20)
    monkeypatch.setattr("api.auth.authenticator.CACHE_SECONDS", 600.0)
    key, authenticator = await ada(engine), Authenticator(engine, settings)
    assert (await authenticator.identify(key)).user_id == "ada"
    assert all(await asyncio.gather(*(refused(authenticator, new_key()) for _ in range(100))))
    assert len(authenticator._unknown) == 20
    statements = Statements(engine)
    assert (await authenticator.identify(key)).user_id == "ada"
    assert statements.count == 0


async def test_a_key_that_is_made_after_it_was_refused_works_within_a_moment(
    engine: AsyncEngine, settings: Settings
) -> None:
    key, authenticator = new_key(), Authenticator(engine, settings)
    assert await refused(authenticator, key)
    assert await save_key(engine, key, name="a test's", user_id="ada", role="user")
    async with asyncio.timeout(30):
        while await refused(authenticator, key):
            pass


@pytest.mark.parametrize("user_id", ["*", "+"])
async def test_names_with_a_meaning_in_limits_own_no_key(engine: AsyncEngine, settings: Settings, user_id: str) -> None:
    key = new_key()
    with pytest.raises(Invalid, match=r"user: must not be \* or \+"):
        await save_key(engine, key, name="a test's", user_id=user_id, role="user")
    # One that was made before they were refused.
    assert await save_key(engine, key, name="a test's", user_id="ada", role="user")
    await execute(engine, statement(f"UPDATE api_keys SET user_id = '{user_id}'"))
    assert await refused(Authenticator(engine, settings), key)


async def test_an_end_at_infinity_is_none(engine: AsyncEngine, settings: Settings) -> None:
    key = await ada(engine)
    await execute(engine, statement("UPDATE api_keys SET expires_at = 'infinity'"))
    assert (await Authenticator(engine, settings).identify(key)).expires_at is None


async def test_a_revoked_key_is_believed_from_the_cache_only(engine: AsyncEngine, settings: Settings) -> None:
    key, authenticator = await ada(engine), Authenticator(engine, settings)
    await authenticator.identify(key)
    await execute(engine, _REVOKE)
    assert not await refused(authenticator, key)
    assert await refused(Authenticator(engine, settings), key)


async def test_nothing_is_believed_past_its_end(engine: AsyncEngine, settings: Settings) -> None:
    clock = Clock()
    key, authenticator = await ada(engine, days=1), Authenticator(engine, settings, clock)
    await authenticator.identify(key)
    await execute(engine, _END)
    assert not await refused(authenticator, key)
    clock.ahead = 24 * HOUR + 1
    assert await refused(authenticator, key)


async def test_the_old_apps_keys_are_taken_literally_before_they_are_read_as_tokens(settings: Settings) -> None:
    anon = sign(role="anon", sub=None, exp=1)
    service = sign(secret="the secret of another project, long enough", role="service_role", sub=None)
    given = {
        "supabase_anon_key": SecretStr(anon),
        "supabase_service_role_key": SecretStr(service),
        "supabase_jwt_secret": SecretStr(SECRET),
    }
    # No database: literal keys and tokens need none.
    authenticator = Authenticator(None, settings.model_copy(update=given))  # type: ignore[arg-type]
    assert await authenticator.identify(anon) == ANONYMOUS
    assert await authenticator.identify(service) == Identity("service_role", "service")
    token = sign(sub="ada")
    assert await authenticator.identify(token) == await authenticator.identify(token)
    assert (await authenticator.identify(token)).user_id == "ada"
    assert await refused(authenticator, anon[:-1] + ("A" if anon[-1] != "A" else "E"))


async def test_without_settings_no_token_is_let_in(engine: AsyncEngine, settings: Settings) -> None:
    with pytest.raises(Problem, match="SUPABASE_JWT_SECRET is not set"):
        await Authenticator(engine, settings).identify(sign())


@pytest.mark.parametrize("key", ["", "dk_", "a.b", "dk_a.b.c", "x" * (MAX_TOKEN_LENGTH + 1), "é"])
async def test_what_is_no_key(engine: AsyncEngine, settings: Settings, key: str) -> None:
    with pytest.raises(Problem) as problem:
        await Authenticator(engine, settings).identify(key)
    assert problem.value.document["status"] == 401


def test_the_longest_token_fits_into_a_frame() -> None:
    assert len('{"type": "auth", "token": ""}') + MAX_TOKEN_LENGTH <= MAX_FRAME_BYTES
