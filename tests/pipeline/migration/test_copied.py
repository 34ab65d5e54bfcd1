"""Copied from another database: ids, history and addresses stay; a repeated run doubles nothing; the rest goes on."""

import asyncpg
import pytest

from pipeline.egress import Guard
from pipeline.incomplete import complete_incomplete
from pipeline.migration.rows import LOST, RESET
from pipeline.migration.run import look, move, opened
from pipeline.statements import fetch, statement
from pipeline.sweep import take_overdue
from tests.pipeline.migration.conftest import Old
from tests.pipeline.migration.old_design import _COMPLETED, PUBLIC
from tests.rows import row_of, statuses

_COUNT = statement(
    "SELECT (SELECT count(*) FROM image_generations) AS generations, (SELECT count(*) FROM images) AS images"
)
_IMAGES = statement("SELECT * FROM images WHERE generation_id = :id ORDER BY idx")


async def counted(old: Old) -> tuple[int, int]:
    """Generations and pictures in Darkroom."""
    (row,) = await fetch(old.engine, _COUNT)
    return row.generations, row.images


async def test_thousands_come_once_and_a_dry_run_changes_nothing(old: Old) -> None:
    await old.sql(_COMPLETED, 4_500)
    planned = await old.look()
    assert (planned["generations"], planned["images"], planned["in_place"]) == ({"completed": 4_500}, 4_500, False)
    assert await counted(old) == (0, 0)
    assert await old.move() == (4_500, 4_500)
    assert await counted(old) == (4_500, 4_500)
    assert await old.move() == (0, 0)
    assert (await old.look())["already_there"] == 4_500


async def test_moments_that_nobody_can_read_stop_nothing(old: Old) -> None:
    beside, odd = await old.generation("completed"), await old.generation("completed")
    await old.sql(
        "UPDATE image_generations SET created_at = '0044-03-15 BC', completed_at = '12345-01-01',"
        " updated_at = 'infinity' WHERE id = $1",
        odd,
    )
    assert (await old.move())[0] == 2
    row = await row_of(old.engine, odd)
    assert (row.created_at.year, row.completed_at.year, row.updated_at.year) == (1, 9999, 9999)
    assert (await row_of(old.engine, beside)).completed_at.year > 2000


async def test_a_run_that_breaks_off_is_gone_on_with(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    await old.sql(_COMPLETED, 2_500)

    def break_off(generations: int) -> None:
        raise ConnectionError(f"after {generations}")

    async with opened(old.url) as origin:
        with pytest.raises(ConnectionError, match="after 1000"):
            await move(old.engine, origin, await look(old.engine, origin), progress=break_off, size=1_000)
    assert await counted(old) == (1_000, 1_000)
    assert await old.move() == (1_500, 1_500)


async def test_a_completed_one_keeps_its_id_its_history_and_its_picture(old: Old) -> None:
    await old.sql(_COMPLETED, 1)
    (was,) = await old.sql("SELECT * FROM image_generations")
    (picture,) = await old.sql("SELECT * FROM images")
    await old.move()
    row = await row_of(old.engine, was["id"])
    assert (row.user_id, row.prompt, row.model_id, row.replicate_prediction_id) == (
        str(was["user_id"]), "picture 1", "black-forest-labs/flux-schnell", "p1",
    )  # fmt: skip
    moments = ("created_at", "updated_at", "completed_at")
    assert [getattr(row, name) for name in moments] == [was[name] for name in moments]
    assert statuses(row) == ["queued", "processing", "completed"]
    assert [entry["at"] for entry in row.timeline][::2] == [was[name].isoformat() for name in moments[::2]]
    assert (row.version, row.attempt_number, row.due_at, row.changes) == (3, 1, None, [])
    (image,) = await fetch(old.engine, _IMAGES, id=was["id"])
    assert (image.id, image.public_url, image.idx) == (picture["id"], picture["public_url"], 0)
    assert image.public_url.startswith(PUBLIC)


async def test_what_has_a_job_goes_on_and_what_has_none_fails(old: Old) -> None:
    waiting, working, bought, orphan, broken, called_off = (
        await old.generation("queued"),
        await old.generation("processing"),
        await old.generation("downloading", replicate_prediction_id="p7"),
        await old.generation("processing"),
        await old.generation("processing"),
        await old.generation("failed", error_message="Cancelled by user"),
    )
    await old.job(waiting, priority=5, max_attempts=2)
    await old.job(working, "processing", attempt_number=2)
    await old.job(bought, "processing", attempt_number=1)
    await old.job(broken, "failed", error_message="no such model")
    planned = await old.look()
    assert planned["generations"] == {"cancelled": 1, "failed": 2, "pending": 2, "processing": 1}
    assert (planned["unfinished_without_job"], planned["asked_after"]) == (1, 1)
    await old.move()
    assert [(await row_of(old.engine, one)).error_message for one in (orphan, broken)] == [LOST, "no such model"]
    assert (await row_of(old.engine, called_off)).status == "cancelled"
    again = await row_of(old.engine, working)
    assert (statuses(again), again.timeline[-1]["why"]) == (["queued", "processing", "pending"], RESET)
    assert again.attempt_number - again.attempts_before == 0
    assert {move.id for move in await complete_incomplete(old.engine, Guard(), ["replicate"])} == {waiting, working}
    first = await row_of(old.engine, waiting)
    assert (first.status, first.priority, first.max_attempts, first.input["prompt"]) == ("queued", 5, 2, "a storm")
    # Nothing is bought for what was: the watcher asks after it.
    (overdue,) = await take_overdue(old.engine, "replicate", 10, 100)
    assert (overdue.id, overdue.replicate_prediction_id, overdue.attempt_number) == (bought, "p7", 1)


async def test_pictures_and_jobs_without_a_generation_get_one(old: Old) -> None:
    picture = "VALUES ('https://old.example/a/b.PNG', 'alone', $1)"
    user = "00000000-0000-4000-8000-000000000007"
    (lone,) = await old.sql(f"INSERT INTO images (public_url, prompt, user_id) {picture} RETURNING *", user)
    (job,) = await old.sql("""SELECT enqueue_job('generate-image', '{"prompt": "by itself", "width": 512}') AS id""")
    await old.sql("""SELECT enqueue_job('generate-image', '{"generation_id": "gone"}')""")
    planned = await old.look()
    assert (planned["images_without_generation"], planned["jobs_without_generation"]) == (1, 1)
    assert await old.move() == (2, 1)
    (image,) = await fetch(old.engine, _IMAGES, id=lone["id"])
    assert (image.filename, image.format, image.width, image.prompt) == ("b.PNG", "png", 0, "alone")
    row = await row_of(old.engine, job["id"])
    assert (row.status, row.prompt, row.width) == ("pending", "by itself", 512)


async def test_several_pictures_keep_their_order_and_batches_their_members(old: Old) -> None:
    (batch,) = await old.sql(
        "INSERT INTO batch_generations (name, total_count, model_id, width) VALUES ('mine', 2, 'a/b', 512) RETURNING id"
    )
    done = await old.generation("completed", batch_id=batch["id"], batch_index=0)
    for n in range(3):
        await old.sql(
            "INSERT INTO images (generation_id, public_url, created_at) VALUES ($1, $2, now() - $3 * interval '1 s')",
            done, f"https://old.example/{n}.png", n,
        )  # fmt: skip
    await old.move()
    images = await fetch(old.engine, _IMAGES, id=done)
    assert [(image.idx, image.filename) for image in images] == [(0, "2.png"), (1, "1.png"), (2, "0.png")]
    (shown,) = await fetch(old.engine, statement("SELECT * FROM batch_generations"))
    assert (shown.id, shown.name, shown.total_count, shown.completed_count, shown.status) == (
        batch["id"], "mine", 2, 1, "completed",
    )  # fmt: skip
    assert (shown.model_id, shown.width) == ("a/b", 512)


async def test_the_old_database_is_only_read(old: Old) -> None:
    await old.sql(_COMPLETED, 3)
    (name,) = await old.sql("SELECT current_database() AS is")
    await old.sql(f"ALTER DATABASE {name['is']} SET default_transaction_read_only = on")
    assert await old.move() == (3, 3)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await old.generation("pending")
