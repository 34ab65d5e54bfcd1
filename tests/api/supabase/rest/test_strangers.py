"""Another tenant's eyes: every table, column, operator and verb of /rest/v1 answers as if the others had no rows."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import aiohttp
import asyncpg
import pytest

from api.supabase.rest.query.filters import MATCHING, OPERATORS
from api.supabase.rest.tables import TABLES, UNORDERED, Column, Table
from tests.api.auth.minting import sign
from tests.api.conftest import Web
from tests.api.supabase.realtime.conftest import old
from tests.api.supabase.realtime.phoenix import ANON
from tests.api.supabase.rest.two_people import ALICES, BATCHES, BOBS, NOBODYS, write_others, write_own

__all__ = ["old"]

OPEN = {"queue_health", "models"}
"""What everybody reads, by the contract: counts that name nobody, and the catalogue."""
BOBS_IDS = ",".join(str(one) for one in (*BOBS, *ALICES, BATCHES["bob"]))
VALUES = {
    "uuid": [str(BOBS[0]), str(BATCHES["bob"]), "nope"],
    "text": ["Secret 1", "Secret\\", "S%", "completed"],
    "integer": ["512", "0", "wide", "99999999999999999999"],
    "bigint": ["7", "1e400"],
    "smallint": ["1", "70000"],
    "numeric": ["1", "much"],
    "double precision": ["0.5", "NaN", "1e999"],
    "timestamptz": ["2000-01-01", "now", "whenever", "infinity"],
    "jsonb": ['{"note": "Secret 1"}', "{"],
    "json[]": [],
}
EMBEDS = {
    "image_generations": ["images", "batch_generations"],
    "images": ["image_generations"],
    "batch_generations": ["image_generations"],
}


class Question(NamedTuple):
    """What is asked."""

    method: str
    table: str
    query: str
    body: bytes | None = None


def of_column(table: Table, name: str, column: Column) -> Iterator[str]:
    """Queries that call for one column: shown, filtered and sorted by, with what can and what cannot be read."""
    yield f"select={name}"
    yield f"{name}=is.null"
    yield f"or=({name}.not.is.null,id.eq.{BOBS[0]})"
    if column.type not in UNORDERED:
        yield f"order={name}.desc&limit=2"
    for operator in sorted(OPERATORS - {"is"}):
        if operator in MATCHING and column.type != "text":
            continue
        for value in VALUES[column.type] if operator in ("eq", "like") else VALUES[column.type][:2]:
            given = f"({value})" if operator == "in" else value
            yield f"{name}={operator}.{given}"
        if operator in ("eq", "like"):
            for given in VALUES[column.type][:1]:
                yield f"{name}=not.{operator}.{given}&id=in.({BOBS_IDS})"
    if column.type == "jsonb":
        yield f"{name}->>note=like.Secret*"
        yield f"{name}->list->5=eq.1"
        yield f"select={name}->list->>0"


def questions() -> Iterator[Question]:
    """All of them."""
    for table in TABLES.values():
        if table.name in OPEN:
            continue
        for name, column in table.columns.items():
            for query in of_column(table, name, column):
                yield Question("GET", table.name, query)
        yield Question("HEAD", table.name, f"id=in.({BOBS_IDS})")
        for embedded in EMBEDS.get(table.name, ()):
            for name, column in TABLES[embedded].columns.items():
                value = VALUES[column.type][0]
                yield Question("GET", table.name, f"select=id,{embedded}!inner({name})&{embedded}.{name}=eq.{value}")
            yield Question("GET", table.name, f"select=id,{embedded}(count)&{embedded}.id=not.is.null")
    for name, column in TABLES["image_generations"].columns.items():
        value = VALUES[column.type][0]
        for method, body in (("PATCH", b'{"status": "cancelled"}'), ("DELETE", None)):
            yield Question(method, "image_generations", f"{name}=eq.{value}&prompt=like.Secret*", body)
    for method, body in (("PATCH", b'{"status": "pending"}'), ("DELETE", None)):
        yield Question(method, "job_queue", f"id=in.({BOBS_IDS})", body)
    yield Question("DELETE", "images", "prompt=like.Secret\\")
    yield Question("DELETE", "images", f"id=in.({','.join(str(one) for one in BOBS)})")


async def ask(http: aiohttp.ClientSession, asked: Question) -> tuple[int, str | None, str]:
    """Everything that an answer says."""
    params = [(name, value) for name, _, value in (one.partition("=") for one in asked.query.split("&"))]
    headers = {"Prefer": "count=exact,return=representation"}
    async with http.request(
        asked.method, f"/rest/v1/{asked.table}", params=params, data=asked.body, headers=headers
    ) as answer:
        return answer.status, answer.headers.get("Content-Range"), await answer.text()


@pytest.mark.parametrize("who", ["alice", None])
async def test_sees_no_difference_whatever_the_others_have(old: Web, database_url: str, who: str | None) -> None:
    psql = await asyncpg.connect(database_url)
    await write_own(psql)
    asked = list(questions())
    headers = {"apikey": ANON} | ({"Authorization": f"Bearer {sign(sub=who)}"} if who else {})
    async with aiohttp.ClientSession(old.darkroom.url, headers=headers) as http:
        turns = asyncio.Semaphore(4)

        async def take(one: Question) -> tuple[int, str | None, str]:
            async with turns:
                return await ask(http, one)

        before = await asyncio.gather(*map(take, asked))
        await write_others(psql)
        after = await asyncio.gather(*map(take, asked))
        # Whoever names the id of what is nobody's may read it: that is the contract's one exception.
        by_id = Question("GET", "images", f"select=id&id=in.({NOBODYS},{BOBS[0]})")
        assert (await ask(http, by_id))[:2] == (200, "0-0/1")
    await psql.close()
    assert len(asked) > 700
    assert {status for status, *_ in before} >= {200, 400}
    told = [(one, then, now) for one, then, now in zip(asked, before, after, strict=True) if then != now]
    assert not told, f"{len(told)} of {len(asked)} answers tell of the others' rows: {told[:3]}"
    assert not [one for one in zip(asked, after, strict=True) if one[1][0] >= 500]


async def test_a_picture_under_anothers_generation_deletes_nothing_of_theirs(old: Web, database_url: str) -> None:
    """Such a row only a hand can write: its owner may see it, and the generation stays its own owner's."""
    psql = await asyncpg.connect(database_url)
    await write_others(psql)
    await psql.execute("UPDATE images SET user_id = 'alice' WHERE generation_id = $1", BOBS[0])
    headers = {"apikey": ANON, "Authorization": f"Bearer {sign(sub='alice')}"}
    async with aiohttp.ClientSession(old.darkroom.url, headers=headers) as http:
        seen = await ask(http, Question("GET", "images", "select=generation_id"))
        gone = await ask(http, Question("DELETE", "images", f"generation_id=eq.{BOBS[0]}"))
    assert (str(BOBS[0]) in seen[2], gone) == (True, (200, None, "[]"))
    assert await psql.fetchval("SELECT count(*) FROM image_generations WHERE id = $1", BOBS[0]) == 1
    await psql.close()
