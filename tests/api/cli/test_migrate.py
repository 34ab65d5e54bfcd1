"""`darkroom migrate-from-supabase`, in a process of its own on real databases."""

import json

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.embedded.ports import any_free_port
from pipeline.statements import fetch, statement
from tests.api.cli.conftest import Darkroom, Ended
from tests.pipeline.migration.conftest import Old, old, old_url

__all__ = ["old", "old_url"]

_COUNT = statement("SELECT count(*) AS number FROM image_generations")


@pytest.fixture
def operator(darkroom: Darkroom, database_url: str) -> Darkroom:
    """The command line, told where Darkroom's database is."""
    return darkroom.without("DARKROOM_URL", "DARKROOM_API_KEY").having(DATABASE_URL=database_url)


async def migrate(operator: Darkroom, url: str, *words: str) -> Ended:
    """Run it."""
    return await operator("migrate-from-supabase", "--database-url", url, *words)


async def test_it_looks_then_moves_and_tells_programs(operator: Darkroom, old: Old, engine: AsyncEngine) -> None:
    await old.generation("failed")
    looked = await migrate(operator, old.url)
    assert (looked.code, looked.err) == (0, "")
    assert looked.out.splitlines()[-1] == "Nothing was changed. With --apply it is done."
    assert (await fetch(engine, _COUNT))[0].number == 0
    moved = await migrate(operator, old.url, "--apply", "--json")
    assert (moved.code, json.loads(moved.out)["moved"]) == (0, {"generations": 1, "images": 0})
    assert (await fetch(engine, _COUNT))[0].number == 1


async def test_it_moves_in_before_darkroom_has_ever_been_started(operator: Darkroom, old: Old) -> None:
    await old.generation("failed")
    moved = await migrate(operator.having(DATABASE_URL=old.url), old.url, "--apply", "--json")
    assert (moved.code, json.loads(moved.out)["in_place"]) == (0, True)
    (row,) = await old.sql("SELECT version, timeline FROM image_generations")
    assert row["version"] == 2


async def test_a_refusal_and_a_way_back_without_apply_are_usage_errors(operator: Darkroom, old: Old) -> None:
    await old.sql("ALTER TABLE image_generations ADD mood text")
    refused = await migrate(operator, old.url, "--apply")
    assert (refused.code, refused.out) == (2, "")
    assert "nothing was changed:\n  image_generations.mood: is not known" in refused.err
    back = await migrate(operator, old.url, "--rollback")
    assert (back.code, "say --apply too" in back.err) == (2, True)


async def test_a_database_that_is_away_is_told_without_its_password(operator: Darkroom) -> None:
    away = await migrate(operator, f"postgresql://old:the-secret@127.0.0.1:{any_free_port()}/postgres")
    assert away.code == 3
    assert "the-secret" not in away.out + away.err
    assert away.err
    nonsense = await migrate(operator, "the-secret")
    assert (nonsense.code, "the-secret" in nonsense.err) == (2, False)
