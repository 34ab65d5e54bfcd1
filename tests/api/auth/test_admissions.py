"""How long an open socket may go on: to its token's end, until its key is revoked, or longer with a fresher one."""

import asyncio
import time

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth.admissions import EXPIRED, REVOKED, Admission, Admissions
from api.auth.authenticator import Authenticator
from api.auth.identity import ANONYMOUS, Identity
from api.auth.tokens import LEEWAY_SECONDS
from api.problems import Problem
from pipeline.api_keys import new_key, revoke_key, save_key
from pipeline.settings import Settings
from tests.api.auth.minting import SECRET, sign
from tests.conftest import _run_sql

PATIENCE = 20.0
SOON = 0.05
"""Seconds to an end that a test waits for."""


class Socket:
    """What a socket does with an admission."""

    def __init__(self, admissions: Admissions, identity: Identity) -> None:
        self.whys: list[str] = []
        self._told = asyncio.Event()
        self.admission: Admission = admissions.admit(identity, self._end)

    def _end(self, why: str) -> None:
        self.whys.append(why)
        self._told.set()

    async def ended(self) -> str:
        """Wait until it was told to close; why."""
        await asyncio.wait_for(self._told.wait(), PATIENCE)
        (why,) = self.whys
        return why


@pytest.fixture
def authenticator(engine: AsyncEngine, settings: Settings) -> Authenticator:
    return Authenticator(engine, settings.model_copy(update={"supabase_jwt_secret": SecretStr(SECRET)}))


@pytest.fixture
def admissions(engine: AsyncEngine, authenticator: Authenticator) -> Admissions:
    return Admissions(engine, authenticator)


def in_(seconds: float, user_id: str = "ada") -> Identity:
    return Identity(user_id, "user", time.time() + seconds)


def token(seconds: float, user_id: str = "ada") -> str:
    """A token that is let in for so many seconds more."""
    return sign(sub=user_id, exp=time.time() + seconds - LEEWAY_SECONDS)


async def key_of(engine: AsyncEngine, user_id: str) -> str:
    key = new_key()
    assert await save_key(engine, key, name="a test's", user_id=user_id, role="user")
    return key


async def test_it_ends_with_what_it_was_let_in_by(admissions: Admissions) -> None:
    ending, later = Socket(admissions, in_(SOON)), Socket(admissions, in_(3600))
    assert await ending.ended() == EXPIRED
    assert later.whys == []
    later.admission.leave()


async def test_one_that_has_ended_already_is_told_after_it_was_admitted(admissions: Admissions) -> None:
    late = Socket(admissions, in_(-1))
    assert late.whys == []
    assert await late.ended() == EXPIRED


async def test_who_has_left_is_told_nothing(admissions: Admissions) -> None:
    left, last = Socket(admissions, in_(SOON)), Socket(admissions, in_(2 * SOON))
    left.admission.leave()
    left.admission.leave()
    left.admission.end("too late")
    await last.ended()
    assert left.whys == []


async def test_a_fresher_token_prolongs_it(admissions: Admissions) -> None:
    socket, other = Socket(admissions, in_(2 * SOON)), Socket(admissions, in_(3 * SOON))
    await socket.admission.renew(token(3600))
    assert socket.admission.identity.expires_at == pytest.approx(time.time() + 3600, abs=5)
    await other.ended()
    assert socket.whys == []
    socket.admission.leave()


async def test_a_shorter_token_shortens_it(admissions: Admissions) -> None:
    socket = Socket(admissions, in_(3600))
    await socket.admission.renew(token(1))
    assert await socket.ended() == EXPIRED


async def test_somebody_elses_token_is_refused(admissions: Admissions) -> None:
    socket = Socket(admissions, in_(3600))
    tokens = [
        token(3600, "eve"),
        sign(role="anon", sub=None),
        sign(role="service_role", sub="ada"),
        sign(exp=1),
        "dk_nobodys",
    ]
    for refused in tokens:
        with pytest.raises(Problem) as problem:
            await socket.admission.renew(refused)
        assert problem.value.document["type"] == "/problems/unauthorized"
        assert refused not in str(problem.value)
    assert socket.admission.identity.user_id == "ada"
    socket.admission.leave()


async def test_a_token_that_comes_too_late(admissions: Admissions) -> None:
    socket = Socket(admissions, in_(SOON))
    await socket.ended()
    with pytest.raises(Problem, match="too late"):
        await socket.admission.renew(token(3600))


async def test_revoked_keys_are_found_all_at_once(
    engine: AsyncEngine, admissions: Admissions, authenticator: Authenticator
) -> None:
    keys = {name: await authenticator.identify(await key_of(engine, name)) for name in ("ada", "bob", "eve")}
    sockets = {name: [Socket(admissions, identity) for _ in range(3)] for name, identity in keys.items()}
    untouched = [Socket(admissions, ANONYMOUS), Socket(admissions, in_(3600))]
    await admissions.check()
    for name in ("ada", "bob"):
        await revoke_key(engine, str(keys[name].key_id))
    sockets["bob"][0].admission.leave()
    await admissions.check()
    assert [socket.whys for socket in sockets["ada"]] == [[REVOKED]] * 3
    assert [socket.whys for socket in sockets["bob"]] == [[], [REVOKED], [REVOKED]]
    await admissions.check()
    assert [socket.whys for socket in (*sockets["eve"], *untouched)] == [[]] * 5
    for socket in (*sockets["eve"], *untouched):
        socket.admission.leave()


async def test_after_a_change_of_keys_the_new_one_counts(
    engine: AsyncEngine, admissions: Admissions, authenticator: Authenticator
) -> None:
    old, new = await key_of(engine, "ada"), await key_of(engine, "ada")
    socket = Socket(admissions, await authenticator.identify(old))
    first = socket.admission.identity.key_id
    await socket.admission.renew(new)
    await revoke_key(engine, str(first))
    await admissions.check()
    assert socket.whys == []
    await revoke_key(engine, str(socket.admission.identity.key_id))
    await admissions.check()
    assert socket.whys == [REVOKED]


async def test_while_the_keys_cannot_be_read_everybody_stays(
    engine: AsyncEngine,
    admissions: Admissions,
    authenticator: Authenticator,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
) -> None:
    monkeypatch.setattr("api.auth.admissions.CHECK_SECONDS", 0.01)
    key = await key_of(engine, "ada")
    socket = Socket(admissions, await authenticator.identify(key))
    await _run_sql(database_url, "ALTER TABLE api_keys RENAME TO away")
    with pytest.raises(SQLAlchemyError):
        await admissions.check()
    checking = asyncio.create_task(admissions.keep_checking())
    try:
        await _run_sql(database_url, "ALTER TABLE away RENAME TO api_keys")
        assert socket.whys == []
        await revoke_key(engine, str(socket.admission.identity.key_id))
        assert await socket.ended() == REVOKED
    finally:
        checking.cancel()
        await asyncio.wait([checking])
