"""Whose a row is comes first: nothing that the asker wrote is evaluated on somebody else's row."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from api.auth.identity import ANONYMOUS, Identity
from api.supabase.rest.query.nouns import Level
from api.supabase.rest.query.parameters import parameters_of, read_query
from api.supabase.rest.sql.read import Read, matched_sql, read_sql
from api.supabase.rest.tables import TABLES, Column
from pipeline.database import SERVER_SETTINGS
from pipeline.settings import Settings
from pipeline.statements import statement
from tests.api.supabase.rest.two_people import ALICES, BATCHES, BOBS, EVERYBODYS, NOBODYS, write_others, write_own
from tests.pipeline.plans import plan_of
from tests.schema.jobs import Psql

ALICE = Identity("alice", "user")

IDS = ",".join(str(one) for one in EVERYBODYS)

# Every question calls for `width`, which here raises on each row but Alice's and, where it is named, nobody's.
BREAKS = "(512 / (CASE WHEN {t}.user_id = 'bob' THEN 0 ELSE 1 END))"
QUESTIONS = [
    "select=width",
    "select=id&width=eq.512",
    "select=id&width=in.(1,512)",
    "select=id&width=not.eq.2",
    "select=id&or=(width.eq.1,steps.eq.4)",
    "select=id&not.and=(width.eq.2,steps.eq.5)",
    "select=id&order=width",
    "select=id&order=created_at.desc,width.desc&limit=1",
    "select=id&width=eq.512&order=created_at.desc&limit=1&offset=0",
    f"select=id&width=eq.512&batch_id=eq.{BATCHES['bob']}",
    f"select=id&width=eq.512&id=in.({IDS})",
    f"select=id&width=eq.512&id=eq.{BOBS[0]}",
    "select=id&width=eq.512&created_at=gt.2000-01-01",
    "select=id,images(width)",
    "select=id,images(id)&images.width=eq.512",
    "select=id,images(id)&images.order=width",
    "select=id,images!inner(id)&images.width=eq.512",
    "select=id,images(count)&images.width=eq.512",
    "select=id,batch_generations(id,image_generations(width))",
]
OF_IMAGES = [
    "select=width",
    "select=id&width=eq.512",
    "select=id&or=(width.eq.1,idx.eq.0)",
    "select=id&not.or=(width.eq.1,idx.eq.5)",
    "select=id&order=width.desc&limit=2",
    "select=id&width=in.(512)&order=id",
    f"select=id&width=eq.512&id=in.({IDS})",
    f"select=id&width=eq.512&generation_id=in.({IDS})",
    f"select=id&width=eq.512&generation_id=eq.{BOBS[0]}",
    "select=id,image_generations!inner(id)&image_generations.width=eq.512",
]


@pytest.fixture
async def psql(settings: Settings) -> AsyncIterator[Psql]:
    """A connection as the reading ones are, to a database in which Alice has three rows, Bob 30 and nobody one."""
    connection = await asyncpg.connect(settings.database_url, server_settings=SERVER_SETTINGS)
    await write_own(connection)
    await write_others(connection)
    yield connection
    await connection.close()


def levels(level: Level) -> Iterator[Level]:
    """A level and all that are embedded in it."""
    yield level
    for embed in level.embeds:
        yield from levels(embed.level)


def read(query: str, table: str = "image_generations") -> Level:
    return read_query(parameters_of(query.encode()), TABLES[table])


async def run(psql: Psql, asked: Read, before: str = "") -> list[Any]:
    """The rows of a statement."""
    sql, values = asked.sql, list[object]()
    for name, value in asked.values.items():
        values.append(value)
        sql = re.sub(rf":{name}\b", f"${len(values)}", sql)
    rows: list[Any] = await psql.fetch(before + sql.replace("\\:", ":"), *values)
    return rows


ASKED = [("image_generations", query) for query in QUESTIONS] + [("images", query) for query in OF_IMAGES]


@pytest.mark.parametrize("who", [ALICE, ANONYMOUS], ids=lambda who: who.role)
@pytest.mark.parametrize(("table", "query"), ASKED)
async def test_nothing_of_theirs_raises_on_anothers_row(psql: Psql, table: str, query: str, who: Identity) -> None:
    level = read(query, table)
    for one in levels(level):
        broken = {**one.table.columns, "width": Column("integer", BREAKS)}
        one.table = replace(one.table, columns=broken) if "width" in one.table.columns else one.table
    (found,) = await run(psql, read_sql(level, who, one=False, count=True))
    rows = orjson.loads(found.get("body"))
    assert {UUID(row["id"]) for row in rows if "id" in row} <= shown_to(who, query)
    assert len(rows) == min(len(shown_to(who, query)), level.limit)
    if level.conditions:
        changed = {row["id"] for row in await run(psql, matched_sql(level, who, 300))}
        assert changed == shown_to(who, query) - ({NOBODYS} if who is ALICE else set())


def shown_to(who: Identity, query: str) -> set[UUID]:
    """Whose rows a question finds that all of Alice's would meet."""
    if "batch_id" in query or str(BOBS[0]) in query.replace(IDS, ""):
        return set()
    return ({NOBODYS} if IDS in query else set()) | (set(ALICES) if who is ALICE else set())


MANY = """
    INSERT INTO image_generations (id, user_id, status, prompt, model, model_id, created_at)
    SELECT gen_random_uuid(), 'alice', 'completed', 'p', 'm/m', 'm/m', now() - n * interval '1 minute'
    FROM generate_series(1, 5000) AS n;
    ANALYZE image_generations
"""


# What Postgres does, counted by Postgres: how many rows each expression of the asker's has seen.
@pytest.mark.parametrize(
    ("who", "query", "seen"),
    [
        (ALICE, "select=id&prompt=like.*cret*", 3),
        (ALICE, "select=id&prompt=ilike.s*&order=created_at.desc&limit=20", 3),
        (ALICE, f"select=id&prompt=like.S*&id=in.({IDS})", 4),  # Alice's and nobody's, whose id is named
        (ALICE, f"select=id&prompt=like.S*&batch_id=eq.{BATCHES['bob']}", 0),
        (ALICE, "select=id,images!inner(id)&images.prompt=like.S*", 3),
        (ANONYMOUS, "select=id&prompt=like.S*", 0),
        (ANONYMOUS, f"select=id&prompt=like.S*&id=eq.{BOBS[0]}", 0),
        (ANONYMOUS, f"select=id&prompt=like.S*&id=in.({IDS})", 1),
        (ANONYMOUS, f"select=id&or=(prompt.like.S*,width.eq.1)&id=eq.{NOBODYS}", 1),
    ],
)
async def test_a_pattern_sees_only_rows_that_are_shown(psql: Psql, who: Identity, query: str, seen: int) -> None:
    asked = read_sql(read(query), who, one=False, count=False)
    ((plan,),) = await run(psql, asked, "EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON, TIMING OFF) ")
    matching = [node for node in nodes(orjson.loads(plan)[0]["Plan"]) if re.search("~~", node.get("Filter", ""))]
    assert sum(rows_into(node) for node in matching) == seen, plan
    assert all(node["Node Type"] == "Subquery Scan" for node in matching), plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes."""
    yield plan
    for inside in plan.get("Plans", ()):
        yield from nodes(inside)


def rows_into(node: dict[str, Any]) -> int:
    """How many rows a node's filter was asked about, over all loops."""
    asked_about: float = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return round(asked_about)


@pytest.mark.parametrize(
    "query",
    [
        "select=*,images(*)&order=created_at.desc&limit=20",
        "select=id&prompt=like.*S*&order=created_at.desc,id.desc&limit=20",
        "select=id&status=eq.completed&order=created_at&limit=1",
        "select=id&created_at=gt.2000-01-01&prompt=ilike.*a*&order=created_at.desc",
    ],
)
async def test_a_page_of_ones_own_walks_the_owners_index_and_sorts_nothing(psql: Psql, query: str) -> None:
    """Under the plan that every connection of ours keeps, however many rows the owner has."""
    await psql.execute(MANY)
    asked = read_sql(read(query), ALICE, one=False, count=False)
    plan = "\n".join(await plan_of(psql, statement(asked.sql), asked.values))
    assert re.search(r"using image_generations_user_idx .*\n +Index Cond: \(\(?user_id = ", plan), plan
    assert "Sort" not in plan, plan


async def test_what_stands_beside_the_rule_is_leakproof(psql: Psql) -> None:
    """As Postgres has it: neither its errors nor its time tell of the values that it compares."""
    kinds = {table.columns[name].type for table in TABLES.values() for name in table.keyed}
    assert kinds == {"uuid", "timestamptz", "text"}
    for kind in kinds:
        signs = ["="] if kind == "text" else ["=", "<", ">", "<=", ">="]
        rows = await psql.fetch(
            """SELECT o.oprname, p.proleakproof FROM pg_operator AS o JOIN pg_proc AS p ON p.oid = o.oprcode
               WHERE o.oprleft = $1::text::regtype AND o.oprright = o.oprleft AND o.oprname = ANY ($2)""",
            kind,
            signs,
        )
        assert {row["oprname"] for row in rows if row["proleakproof"]} == set(signs), kind
    for table in TABLES.values():
        assert table.exact <= table.keyed


@pytest.mark.parametrize("who", [ALICE, Identity("s", "service")], ids=lambda who: who.role)
@pytest.mark.parametrize(
    ("table", "query"),
    [
        ("image_generations", "width=eq.wide"),
        ("image_generations", "created_at=gt.whenever"),
        ("image_generations", "or=(id.eq.nope,width.eq.1)"),
        ("image_generations", "select=images(id)&images.file_size=in.(1,large)"),
        ("image_generations", "select=images!inner(id)&images.id=eq.nope"),
        ("job_queue", "payload=eq.{"),
    ],
)
async def test_a_value_that_cannot_be_read_is_refused_whatever_rows_there_are(
    psql: Psql, who: Identity, table: str, query: str
) -> None:
    asked = [read_sql(read(query, table), who, one=False, count=True)]
    if "select" not in query:
        asked.append(matched_sql(read(query, table), who, 10))
    await psql.execute("DELETE FROM image_generations WHERE user_id = 'alice'")
    for _ in range(2):
        for one in asked:
            with pytest.raises(asyncpg.DataError):
                await run(psql, one)
        await psql.execute("DELETE FROM image_generations")
