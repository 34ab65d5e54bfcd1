"""The first look: before it, a change whose notice is lost would be found by nobody, so nobody is promised anything."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.gateway import looks
from api.gateway.looks import Looks
from api.gateway.progress import Progress
from api.gateway.tickers import Tickers
from api.gateway.topics import Topics
from tests.until import PATIENCE


def fresh(engine: AsyncEngine) -> Looks:
    topics = Topics()
    return Looks(engine, topics, Tickers(engine, topics), Progress(engine, topics))


async def test_whoever_subscribes_waits_for_the_first_look_which_is_made_at_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "SAFETY_SECONDS", 1e6)
    made = fresh(engine)
    waiting = asyncio.create_task(made.begun())
    for _ in range(100):
        await asyncio.sleep(0)
    assert not waiting.done()
    assert made.cursor is None
    looking = asyncio.create_task(made.keep_safe())
    # Neither has the time for a look come, nor has a listener connected and asked for one.
    async with asyncio.timeout(PATIENCE):
        await waiting
    assert made.cursor is not None
    looking.cancel()


async def test_a_database_that_does_not_tell_is_said_to_be_away(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "FIRST_LOOK_SECONDS", 0.05)
    with pytest.raises(TimeoutError):
        await fresh(engine).begun()
