"""docs/coming-from-supabase.md: its move is made, its SQL runs, and its way back is gone, beside a Darkroom at work."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from pipeline.embedded.procfile import CHECKOUT
from pipeline.embedded.stack import Stack
from pipeline.settings import Settings
from tests.acceptance.follower import follow
from tests.acceptance.jobs import standing_in_line
from tests.acceptance.test_docs import BLOCK, commands, shell
from tests.conftest import _run_sql, database_of
from tests.darkroom import Darkroom
from tests.pipeline.migration.old_design import build

DOCUMENT = "docs/coming-from-supabase.md"
TEXT = (CHECKOUT / DOCUMENT).read_text()
BLOCKS = BLOCK.findall(TEXT)
PATIENCE = 30.0


@pytest.fixture
async def old_url(servers: Stack) -> AsyncIterator[str]:
    """A database of the old design with something in it."""
    url = servers.env["MIGRATION_DATABASE_URL"]
    await _run_sql(url, "CREATE DATABASE old_documented")
    await build(database_of(url, "old_documented"), completed=25)
    yield database_of(url, "old_documented")
    await _run_sql(url, "DROP DATABASE old_documented WITH (FORCE)")


def test_there_is_no_block_that_nobody_looks_at() -> None:
    assert [kind for kind, _ in BLOCKS] == ["sh", "sh", "sql", "sql", "sh"]
    assert len(commands(DOCUMENT)) == 5


def test_every_setting_and_command_that_it_names_exists() -> None:
    settings = {field.alias or name.upper() for name, field in Settings.model_fields.items()}
    named = set(re.findall(r"`((?:DARKROOM|SUPABASE|REPLICATE|MAX)_\w+)`", TEXT))
    example = (CHECKOUT / ".env.example").read_text()
    assert named
    assert {one for one in named if one not in settings and one not in example} == set()
    assert set(re.findall(r"`\./darkroom (\w+)", TEXT)) <= {"queue", "lanes"}


async def test_the_move_and_the_way_back_are_gone_as_written(darkroom: Darkroom, old_url: str, tmp_path: Path) -> None:
    look, apply, ready, queue, back = commands(DOCUMENT)
    where = f"export DATABASE_URL='{darkroom.database_url}' OLD_DATABASE_URL='{old_url}'\n"
    psql = await asyncpg.connect(old_url)
    waiting = await psql.fetchval(
        "INSERT INTO image_generations (prompt, model) VALUES ('a gale', 'black-forest-labs/flux-schnell') RETURNING id"
    )
    job = "jsonb_build_object('generation_id', $1::uuid)"
    await psql.execute(f"SELECT enqueue_job('process-generation', {job})", waiting)

    looked = await shell(darkroom, where + look, tmp_path)
    assert re.search(r"in, from another database: 26\n +1  wait, and are developed\n +25  completed", looked), looked
    assert "Nothing was changed." in looked
    assert await darkroom.execute("SELECT id FROM image_generations WHERE id = $1", waiting) == []

    assert "26 generations and 25 pictures are new here" in await shell(darkroom, where + apply, tmp_path)
    frames = await follow(darkroom.url, darkroom.service_key, str(waiting), PATIENCE)
    developed = ["pending", "queued", "processing", "downloading", "completed"]
    assert [frame["status"] for frame in frames] == developed
    assert "ready" in await shell(darkroom, where + ready, tmp_path)
    assert "replicate" in await shell(darkroom, where + queue, tmp_path)

    assert "Written into the old tables" in await shell(darkroom, where + back, tmp_path)
    row = await psql.fetchrow("SELECT status, public_url FROM image_generations JOIN images ON generation_id = $1"
                              " WHERE image_generations.id = $1", waiting)  # fmt: skip
    assert row is not None
    async with darkroom.client(None) as client, client.get(row["public_url"]) as answer:
        assert (row["status"], answer.status) == ("completed", 200)
    await psql.close()


async def test_its_sql_runs_as_written(darkroom: Darkroom) -> None:
    jobs, worker = (text.strip().removesuffix(";").split(";\n") for kind, text in BLOCKS if kind == "sql")
    await darkroom.execute("UPDATE lanes SET paused = true")
    await darkroom.execute("CREATE ROLE worker")
    try:
        job = await standing_in_line(darkroom, jobs[0])
        for look in jobs[1:]:
            await darkroom.execute(look)
        grant, claim, complete = worker
        await darkroom.execute(grant)
        ((claimed, *_),) = await darkroom.execute(claim)
        assert claimed == job
        await darkroom.execute(complete.replace("JOB_ID", str(job)))
        (row,) = await darkroom.execute("SELECT status, outside_of FROM image_generations WHERE id = $1", job)
        assert row["outside_of"] == "replicate"
    finally:
        await darkroom.execute("DROP OWNED BY worker")
        await darkroom.execute("DROP ROLE worker")
        await darkroom.execute("UPDATE image_generations SET status = 'cancelled' WHERE prompt = 'a storm at sea'")
        await darkroom.execute("UPDATE lanes SET paused = false")
