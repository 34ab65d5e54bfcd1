"""In place: the old tables are set aside, Darkroom's stand where they were, and the way back loses nothing."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Invalid
from pipeline.migration.run import go_back, opened
from pipeline.release import release
from pipeline.statements import fetch, statement
from tests.conftest import settings_at
from tests.pipeline.migration.conftest import Old
from tests.pipeline.migration.old_design import _COMPLETED

_LANE = statement("INSERT INTO lanes (provider, cap) VALUES ('replicate', 4) RETURNING cap")
_COMPLETE = statement("""
    UPDATE image_generations SET status = 'completed', updated_at = now(), completed_at = now(), due_at = NULL
    WHERE id = :id RETURNING id
""")
_PICTURE = statement("""
    INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size, width, height,
      format, prompt, model)
    SELECT gen_random_uuid(), id, 0, user_id, '1.png', 'ab/1.png', 'https://new.example/ab/1.png', 7, 512, 512, 'png',
      prompt, model FROM image_generations WHERE id = :id RETURNING id
""")


async def back(old: Old) -> dict[str, Any]:
    """The way back, as the command goes it."""
    async with opened(old.url) as origin:
        return vars(await go_back(old.engine, origin))


async def test_old_and_new_stand_beside_each_other_and_the_guide_s_sql_finds_the_new(in_place: Old) -> None:
    await in_place.sql(_COMPLETED, 1_200)
    waiting = await in_place.generation("pending")
    await in_place.job(waiting)
    assert (await in_place.look())["in_place"] is True
    assert await in_place.move() == (1_201, 1_200)
    assert (await in_place.sql("SELECT count(*) FROM supabase_before.image_generations"))[0][0] == 1_201
    (health,) = await in_place.sql("SELECT * FROM queue_health")
    assert (health["pending_jobs"], health["completed_last_hour"]) == (1, 60)
    assert await in_place.sql("SELECT enqueue_job('generate-image', '{\"prompt\": \"new\"}')")
    assert await in_place.move() == (0, 0)


async def test_the_way_back_brings_what_darkroom_did_and_puts_everything_where_it_was(in_place: Old) -> None:
    await in_place.sql(_COMPLETED, 3)
    waiting, finished = await in_place.generation("pending"), await in_place.generation("pending")
    user = "00000000-0000-4000-8000-000000000007"
    for one in (waiting, finished):
        await in_place.job(one)
    before = await in_place.sql("SELECT * FROM image_generations WHERE status = 'completed' ORDER BY id")
    await in_place.move()
    await fetch(in_place.engine, _COMPLETE, id=finished)
    await fetch(in_place.engine, _PICTURE, id=finished)
    new = (await in_place.sql(
        "SELECT enqueue_job('generate-image', jsonb_build_object('prompt', 'new', 'user_id', $1::text)) AS id", user
    ))[0]["id"]  # fmt: skip
    stays = (await in_place.sql(
        """SELECT enqueue_job('generate-image', '{"prompt": "whose?", "user_id": "nobody"}') AS id"""
    ))[0]["id"]  # fmt: skip
    written = await back(in_place)
    assert (written["generations"], written["images"], written["jobs"]) == (6, 4, 2)
    (kept,) = written["kept"]
    assert str(stays) in kept
    assert "uuid" in kept

    rows = {row["id"]: row for row in await in_place.sql("SELECT * FROM image_generations")}
    assert [rows[row["id"]] for row in before] == before
    assert (rows[finished]["status"], rows[waiting]["status"], rows[new]["prompt"]) == ("completed", "pending", "new")
    (picture,) = await in_place.sql("SELECT public_url FROM images WHERE generation_id = $1", finished)
    assert picture["public_url"] == "https://new.example/ab/1.png"
    jobs = await in_place.sql("SELECT payload->>'generation_id' AS id FROM job_queue WHERE status = 'pending'")
    assert {job["id"] for job in jobs} == {str(waiting), str(new)}
    # The guide's own function again, and its own view.
    assert (await in_place.sql("SELECT pending_jobs FROM queue_health"))[0][0] == 2
    (held,) = await in_place.sql("SELECT status FROM darkroom_after.image_generations WHERE id = $1", stays)
    assert held["status"] == "pending"


async def test_what_was_copied_goes_back_to_the_other_database(old: Old) -> None:
    waiting = await old.generation("pending")
    await old.job(waiting)
    await old.move()
    await fetch(old.engine, _COMPLETE, id=waiting)
    await fetch(old.engine, _PICTURE, id=waiting)
    assert (await back(old))["generations"] == 1
    (row,) = await old.sql(
        "SELECT g.status, j.status AS job, public_url FROM image_generations AS g, job_queue AS j, images"
    )
    assert tuple(row) == ("completed", "completed", "https://new.example/ab/1.png")


async def test_there_is_nothing_to_take_back_before_a_move(in_place: Old) -> None:
    with pytest.raises(Invalid, match="no tables were set aside"):
        await back(in_place)


async def test_a_second_way_back_wants_the_first_out_of_its_way(in_place: Old) -> None:
    await in_place.move()
    await back(in_place)
    await in_place.move()
    with pytest.raises(Invalid, match="schema darkroom_after: is there already"):
        await back(in_place)
    assert (await in_place.sql("SELECT to_regnamespace('supabase_before') IS NOT NULL"))[0][0]


async def test_the_old_api_s_roles_see_nothing_of_darkroom(in_place: Old, tmp_path: Path) -> None:
    await in_place.sql("CREATE ROLE anon")
    try:
        await in_place.sql("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon")
        await in_place.sql("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon")
        await in_place.move()
        (row,) = await in_place.sql(
            "SELECT count(*) FILTER (WHERE has_table_privilege('anon', c.oid, 'SELECT')) AS open, count(*) AS all "
            "FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
        )
        assert row["open"] == 0
        assert row["all"] > 15
        (may,) = await in_place.sql("SELECT has_function_privilege('anon', 'claim_next_job()', 'EXECUTE')")
        assert may[0] is False
        # Nor of what a later migration makes: each start looks after it.
        await in_place.sql("GRANT ALL ON api_keys TO anon")
        await release(settings_at(tmp_path, database_url=in_place.url))
        (may,) = await in_place.sql("SELECT has_table_privilege('anon', 'api_keys', 'SELECT')")
        assert may[0] is False
    finally:
        await in_place.sql("DROP OWNED BY anon")
        await in_place.sql("DROP ROLE anon")
