"""Notices: every move is told once, in payloads that Postgres takes, and nobody waits for them or fails by them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.database import open_engine
from pipeline.embedded.ports import any_free_port
from pipeline.ids import new_id
from pipeline.moves import Move
from pipeline.notices import CHANNEL, Notices, payloads
from pipeline.settings import Settings

POSTGRES_TAKES = 7_999
"""Bytes of a payload, at most: the NOTIFY page of Postgres' manual."""
USERS = [None, "somebody", "ü" * 400, '"quoted"\\', "🙂" * 300, "x" * 7_000]


def many(count: int) -> list[Move]:
    """Moves of all kinds of users."""
    return [
        Move(new_id(), number, USERS[number % len(USERS)], new_id() if number % 2 else None) for number in range(count)
    ]


def read(payload: str) -> list[list[Any]]:
    """The moves in one payload."""
    moves: list[list[Any]] = orjson.loads(payload)
    return moves


@pytest.fixture
async def heard(database_url: str) -> AsyncIterator["asyncio.Queue[str]"]:
    """What a listener hears on our channel."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(database_url)
    await connection.add_listener(CHANNEL, lambda *said: queue.put_nowait(str(said[-1])))
    yield queue
    await connection.close()


@pytest.mark.parametrize("count", [1, 2, 100, 1_000])
def test_payloads_hold_every_move_once_and_in_order_and_are_short_enough(count: int) -> None:
    moves = many(count)
    chunks = list(payloads(moves))
    assert max(len(chunk.encode()) for chunk in chunks) <= POSTGRES_TAKES
    expected = [[str(move.id), move.version, move.user_id, move.batch_id and str(move.batch_id)] for move in moves]
    assert [move for chunk in chunks for move in read(chunk)] == expected


def test_short_moves_share_a_payload_and_none_make_none() -> None:
    assert len(list(payloads(Move(new_id(), 1, "somebody", None) for _ in range(100)))) == 1
    assert list(payloads([])) == []


async def test_a_listener_hears_every_move_once(engine: AsyncEngine, heard: "asyncio.Queue[str]") -> None:
    notices, moves = Notices(engine), many(300)
    for start in range(0, 300, 3):
        notices.note(moves[start : start + 3])
    notices.note([])
    await notices.flush()
    told: list[str] = []
    async with asyncio.timeout(10):
        while len(told) < len(moves):
            told += [id_ for id_, *_ in read(await heard.get())]
    assert told == [str(move.id) for move in moves]
    assert heard.empty()


async def test_what_is_noted_while_a_send_is_under_way_goes_together(
    engine: AsyncEngine, heard: "asyncio.Queue[str]"
) -> None:
    notices = Notices(engine)
    for number in range(50):
        notices.note([Move(new_id(), number, "somebody", None)])
    await notices.flush()
    sizes: list[int] = []
    async with asyncio.timeout(10):
        while sum(sizes) < 50:
            sizes.append(len(read(await heard.get())))
    assert len(sizes) <= 2


async def test_a_dead_database_is_logged_and_stops_nobody(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = {"database_url": f"postgresql://nobody@127.0.0.1:{any_free_port()}/nothing"}
    engine = open_engine(settings.model_copy(update=nowhere))
    notices = Notices(engine)
    notices.note(many(3))
    await notices.flush()
    notices.note(many(3))
    await notices.flush()
    await engine.dispose()
    assert [record.getMessage()[:21] for record in caplog.records] == ["notices were not sent"] * 2
