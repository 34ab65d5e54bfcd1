"""`Prefer: wait=N`: the answer comes with the end, told by the gateway and not by polling."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.cancel import cancel
from pipeline.moves import as_move
from pipeline.statements import fetch, statement
from tests.api.conftest import Web
from tests.darkroom import Darkroom, User
from tests.until import until

_ID = statement("SELECT id FROM image_generations")
BODY = {"prompt": "a lighthouse"}


async def post(user: User, prefer: str, **headers: str) -> tuple[int, dict[str, Any], str | None]:
    """What the door answers, and which preference it says that it has honoured."""
    async with user.http.post("/v1/generations", json=BODY, headers={"Prefer": prefer, **headers}) as answer:
        return answer.status, await answer.json(), answer.headers.get("Preference-Applied")


async def test_it_is_answered_with_the_picture(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        status, document, applied = await post(user, "respond-async, wait=60")
        assert (status, document["status"], applied) == (200, "completed", "wait=60")
        assert len(document["images"]) == 1
        again = await post(user, "wait=60", **{"Idempotency-Key": "k"})
        replayed = await post(user, "wait=60", **{"Idempotency-Key": "k"})
        assert replayed[:2] == (200, again[1])


async def test_what_is_not_over_in_time_is_accepted_as_ever(web: Web) -> None:
    async with web.darkroom.user() as user:
        status, document, applied = await post(user, 'wait="1"')
        assert (status, document["status"], applied) == (202, "queued", "wait=1")


@pytest.mark.parametrize("prefer", ["wait=0", "wait=soon", "wait=-1", "return=minimal", "wait", "wait=1.5", ""])
async def test_what_is_no_wait_is_no_preference(web: Web, prefer: str) -> None:
    async with web.darkroom.user() as user:
        status, _, applied = await post(user, prefer)
        assert (status, applied) == (202, None)


async def waiting_row(web: Web, engine: AsyncEngine) -> Any:
    """The row's id, once somebody waits for its end."""
    await until(lambda: len(web.state.topics.everyone()) > 0)
    return (await fetch(engine, _ID))[0].id


async def test_the_end_is_told_and_not_looked_for(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        waiting = asyncio.create_task(post(user, "wait=100"))
        row = await cancel(engine, await waiting_row(web, engine))
        assert row is not None
        web.state.notices.note([as_move(row)])
        async with asyncio.timeout(10):
            status, document, _ = await waiting
    assert (status, document["status"]) == (200, "cancelled")
    assert len(web.state.sockets) == 0


async def test_a_process_that_goes_answers_first(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user() as user:
        waiting = asyncio.create_task(post(user, "wait=999999"))
        await waiting_row(web, engine)
        await web.state.sockets.drain(0)
        async with asyncio.timeout(10):
            status, document, applied = await waiting
    assert (status, document["status"], applied) == (202, "queued", "wait=120")
