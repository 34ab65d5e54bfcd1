"""What is not understood is refused by its name, and nothing is changed."""

import re
from collections.abc import Sequence

import pytest

from pipeline.errors import Invalid
from pipeline.migration.run import opened
from pipeline.statements import fetch, statement
from schema.migrations.migrate import statements
from schema.old_design import JOB_TYPES
from tests.pipeline.migration.conftest import Old

_EMPTY = statement("SELECT count(*) AS number FROM image_generations")

REFUSED: dict[str, Sequence[str]] = {
    "image_generations.mood: is not known; --leave-out image_generations.mood goes on without it": (
        "ALTER TABLE image_generations ADD mood text",
    ),
    "images.created_at: is timestamp without time zone, where timestamp with time zone was expected": (
        "ALTER TABLE images ALTER created_at TYPE timestamp",
    ),
    "image_generations.width: is text": ("ALTER TABLE image_generations ALTER width TYPE text",),
    "job_queue.payload: is missing": ("ALTER TABLE job_queue DROP payload",),
    "image_generations.status: 1 rows have 'dreaming', which is not known": (
        "ALTER TABLE image_generations DROP CONSTRAINT image_generations_status_check",
        "INSERT INTO image_generations (prompt, status) VALUES ('p', 'dreaming')",
    ),
    "job_queue.job_type: 1 unfinished jobs have 'send-mail', which is not known": (
        "SELECT enqueue_job('send-mail', '{}')",
    ),
    "images.public_url: 1 rows have none": ("INSERT INTO images (prompt) VALUES ('p')",),
    "image_generations.replicate_prediction_id: 1 are named by more than one generation": (
        "INSERT INTO image_generations (prompt, status, replicate_prediction_id) VALUES ('p', 'failed', 'x'), "
        "('q', 'failed', 'x')",
    ),
    "batch_generations.total_count: 1 rows are not 0 to 32767": (
        "INSERT INTO batch_generations (total_count) VALUES (40000)",
    ),
}


@pytest.mark.parametrize("message", REFUSED)
async def test_it_is_named_and_nothing_is_changed(old: Old, message: str) -> None:
    await old.generation("failed")
    for sql in REFUSED[message]:
        await old.sql(sql)
    assert any(message in one for one in (await old.look())["refusals"])
    with pytest.raises(Invalid):
        await old.move()
    assert (await fetch(old.engine, _EMPTY))[0].number == 0


def test_the_types_of_jobs_are_those_that_sql_takes() -> None:
    (listed,) = re.findall(r"job_type NOT IN \(([^)]*)\)", statements("check_job"))
    assert {one.strip(" '\n") for one in listed.split(",")} == JOB_TYPES


async def test_a_column_may_be_left_behind_by_its_name(old: Old) -> None:
    await old.sql("ALTER TABLE image_generations ADD mood text")
    await old.generation("failed")
    assert await old.move("image_generations.mood") == (1, 0)


async def test_another_generation_with_the_same_id_stops_it(old: Old) -> None:
    mine = await old.generation("failed")
    await old.move()
    await fetch(old.engine, statement("UPDATE image_generations SET prompt = 'another' RETURNING id"))
    assert (await old.look())["refusals"] == [f"image_generations.id: {mine} is another generation here"]


async def test_a_table_that_points_to_the_old_ones_stops_a_move_in_place(in_place: Old) -> None:
    await in_place.sql("CREATE TABLE likes (image_id uuid REFERENCES images (id))")
    (refusal,) = (await in_place.look())["refusals"]
    assert refusal.startswith("likes: points to images, which is set aside by a move in place; --leave-out likes")
    assert (await in_place.look("likes"))["refusals"] == []


async def test_no_address_and_no_tables_are_told(old: Old) -> None:
    with pytest.raises(Invalid, match="must look like postgresql://"):
        async with opened("nonsense"):
            raise AssertionError
    await old.sql("DROP TABLE images, image_generations")
    assert (await old.look())["refusals"] == [
        "image_generations: there is no such table in the schema public of that database"
    ]
