"""Secrets: one current for each user, however many ask; a rotated one signs on for a day."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import fetch, statement
from pipeline.webhooks.claim import claim_due
from pipeline.webhooks.log import forget_old_deliveries
from pipeline.webhooks.secrets import MOST_AT_ONCE, PREFIX, SECRET_BYTES, read_secrets, rotate_secret
from tests.events import event

_A_DAY_PASSES = statement("UPDATE webhook_secrets SET ends_at = ends_at - interval '24 hours' RETURNING user_id")
_ALL = statement("SELECT * FROM webhook_secrets")


async def test_who_asks_at_once_gets_the_same(engine: AsyncEngine) -> None:
    asked = await asyncio.gather(*(read_secrets(engine, "somebody") for _ in range(8)))
    assert len({tuple(one) for one in asked}) == 1
    ((secret,), *_) = asked
    assert secret.shown.startswith(PREFIX)
    assert len(base64.b64decode(secret.shown.removeprefix(PREFIX), validate=True)) == SECRET_BYTES == 32
    assert (await read_secrets(engine, "somebody else"))[0].secret != secret.secret


async def test_a_rotated_one_signs_beside_the_new_one_for_a_day(engine: AsyncEngine) -> None:
    (first,) = await read_secrets(engine, "somebody")
    assert await rotate_secret(engine, "somebody")
    new, old = await read_secrets(engine, "somebody")
    assert (old.secret, new.ends_at) == (first.secret, None)
    assert new.secret != first.secret
    assert old.ends_at is not None
    assert timedelta(hours=23, minutes=59) < old.ends_at - datetime.now(UTC) <= timedelta(hours=24, seconds=5)
    await event(engine)
    (row,) = await claim_due(engine, 1, 0)
    assert row.secrets == [new.secret, old.secret]
    await fetch(engine, _A_DAY_PASSES)
    assert await read_secrets(engine, "somebody") == [new]
    (row,) = await claim_due(engine, 1, 30)
    assert row.secrets == [new.secret]
    await forget_old_deliveries(engine)
    assert [kept.secret for kept in await fetch(engine, _ALL)] == [new.secret]


async def test_the_first_rotation_makes_the_first_secret(engine: AsyncEngine) -> None:
    assert await rotate_secret(engine, "somebody")
    assert len(await read_secrets(engine, "somebody")) == 1


async def test_rotations_at_the_same_moment_are_one(engine: AsyncEngine) -> None:
    await read_secrets(engine, "somebody")
    assert all(await asyncio.gather(*(rotate_secret(engine, "somebody") for _ in range(4))))
    assert 2 <= len(await read_secrets(engine, "somebody")) <= 5


async def test_none_is_taken_from_a_receiver_before_its_day_is_over(engine: AsyncEngine) -> None:
    await read_secrets(engine, "somebody")
    rotated = [await rotate_secret(engine, "somebody") for _ in range(MOST_AT_ONCE + 1)]
    assert rotated == [True] * (MOST_AT_ONCE - 1) + [False] * 2
    before = await read_secrets(engine, "somebody")
    assert len({one.secret for one in before}) == MOST_AT_ONCE
    await fetch(engine, _A_DAY_PASSES)
    assert await rotate_secret(engine, "somebody")
    assert len(await read_secrets(engine, "somebody")) == 2
