"""The guide's poll, which every old app sends every two seconds: one round trip, and only rows found by their keys."""

import re
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import event

from api.auth.identity import ANONYMOUS, Identity
from api.supabase.rest.query.parameters import parameters_of, read_query
from api.supabase.rest.sql.read import read_sql
from api.supabase.rest.tables import TABLES
from pipeline.database import SERVER_SETTINGS
from pipeline.settings import Settings
from tests.api.conftest import Web

ID = str(uuid4())
ALICE = Identity("alice", "user")
SERVICE = Identity("service_role", "service")
POLLS = {
    "generation": ("image_generations", f"select=*,images(*)&id=eq.{ID}"),
    "image": ("images", f"select=*&generation_id=eq.{ID}"),
    "own list": ("image_generations", "select=*,images(*)&order=created_at.desc&limit=20"),
    "batch": ("image_generations", f"select=id,status&batch_id=eq.{ID}"),
    "job": ("job_queue", f"select=*&id=eq.{ID}"),
    "progress": ("batch_progress", f"select=*&id=eq.{ID}"),
    "images of a batch": ("batch_generations", f"select=*,image_generations(*,images(*))&id=eq.{ID}"),
}


# Everybody's rows by time have no index: only the service key may ask for them, for at most so many seconds.
ASKED = [(poll, who) for poll in POLLS for who in (ALICE, ANONYMOUS, SERVICE) if (poll, who) != ("own list", SERVICE)]


@pytest.mark.parametrize(("poll", "who"), ASKED, ids=lambda one: getattr(one, "role", one))
async def test_finds_its_rows_by_an_index(settings: Settings, poll: str, who: Identity) -> None:
    """Under a generic plan, made for an empty table."""
    lines = await plan(settings, *POLLS[poll], who)
    assert not re.search(r"Seq Scan on (image_generations|images|batches)", lines), lines
    assert "Index" in lines or "One-Time Filter: false" in lines


async def plan(settings: Settings, table: str, query: str, who: Identity) -> str:
    """The generic plan of what is asked."""
    asked = read_sql(read_query(parameters_of(query.encode()), TABLES[table]), who, one=False, count=False)
    sql, values = asked.sql, list[object]()
    for name, value in asked.values.items():
        values.append(value)
        sql = re.sub(rf":{name}\b", f"${len(values)}", sql)
    connection = await asyncpg.connect(settings.database_url, server_settings=SERVER_SETTINGS)
    try:
        rows = await connection.fetch(f"EXPLAIN {sql}", *values)
    finally:
        await connection.close()
    return "\n".join(row[0] for row in rows)


async def test_is_one_round_trip(web: Web) -> None:
    async with web.darkroom.user() as user:
        generation = await user.submit()
        path = f"/rest/v1/image_generations?select=*,images(*)&id=eq.{generation['id']}"
        headers = {"Accept": "application/vnd.pgrst.object+json"}
        async with user.http.get(path, headers=headers) as answer:
            assert (answer.status, (await answer.json())["images"]) == (200, [])
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
            sent.append(sql)

        for engine in (web.state.reading, web.state.engine):
            event.listen(engine.sync_engine, "before_cursor_execute", note)
        async with user.http.get(path, headers=headers) as answer:
            assert answer.status == 200
        reads = [sql for sql in sent if " AS body, " in sql]
        assert len(reads) == 1
        assert not [sql for sql in sent if "image_generations" in sql and sql not in reads]
