"""An open socket ends with its token or its key, and goes on with a fresher one; a page from elsewhere gets none."""

import time

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from api.auth.tokens import LEEWAY_SECONDS
from tests.api.auth.minting import sign
from tests.api.test_websocket import close_code, hear, say, socket
from tests.darkroom import Darkroom, User


def token(user: User, seconds: float) -> str:
    """A token that is let in for so many seconds more."""
    return sign(sub=user.id, exp=time.time() + seconds - LEEWAY_SECONDS)


async def test_it_ends_with_its_token(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, token(user, 1)) as connection:
        await say(connection, type="subscribe", topic="generations")
        assert (await hear(connection))["type"] == "subscribed"
        assert await close_code(connection) == 4401
        assert "expired" in str(connection.close_reason)


async def test_it_goes_on_with_a_fresher_token(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, token(user, 1)) as connection:
        async with socket(darkroom, token(user, 1)) as unprolonged:
            await say(connection, type="auth", token=token(user, 3600))
            assert await close_code(unprolonged) == 4401
        await say(connection, type="subscribe", topic="generations")
        assert (await hear(connection))["type"] == "subscribed"


@pytest.mark.parametrize("key", ["dk_nobodys", "the-anon-key"])
async def test_it_does_not_become_somebody_elses(darkroom: Darkroom, key: str) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        await say(connection, type="auth", token=key)
        assert (await hear(connection))["problem"]["type"] == "/problems/unauthorized"
        assert await close_code(connection) == 4401


async def test_it_ends_with_its_key(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        await say(connection, type="subscribe", topic="generations")
        assert (await hear(connection))["type"] == "subscribed"
        await darkroom.execute("UPDATE api_keys SET revoked_at = now() WHERE user_id = $1", user.id)
        assert await close_code(connection) == 4401
        assert "revoked" in str(connection.close_reason)


async def test_a_page_from_elsewhere_is_refused_before_anything_is_opened(darkroom: Darkroom) -> None:
    address = darkroom.url.replace("http", "ws", 1) + "/v1/ws"
    with pytest.raises(InvalidStatus) as refused:
        await connect(address, origin="https://evil.com")  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403
    assert b"DARKROOM_ALLOWED_ORIGINS" in (refused.value.response.body or b"")
    async with connect(address, origin=darkroom.url):  # type: ignore[arg-type]
        pass
