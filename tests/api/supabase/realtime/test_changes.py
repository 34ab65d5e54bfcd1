"""What a channel is told: every transition as a change of the old tables, with the whole row as it is in them."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from api.supabase.records import COLUMNS
from pipeline.delete import delete
from tests.api.auth.minting import sign
from tests.api.conftest import Web
from tests.api.supabase.realtime.life import Life
from tests.api.supabase.realtime.phoenix import Phoenix, on, phoenix

ADA = "6c2c0f3e-0000-4000-8000-00000000ada0"
ID = "01234567-0000-7000-8000-000000000001"
VERSIONS = ["1.0.0", "2.0.0"]


def of(life: Life) -> str:
    return f"id=eq.{life.id}"


async def told(client: Phoenix, count: int) -> list[tuple[str, str, str | None]]:
    """The next changes: type, table, status."""
    changes = [(await client.change())["data"] for _ in range(count)]
    return [(one["type"], one["table"], one["record"].get("status")) for one in changes]


async def in_psql(old: Web, table: str) -> list[dict[str, Any]]:
    """A table's rows as Postgres itself writes them as JSON, in UTC as PostgREST has it; of the old columns."""
    names = ", ".join(COLUMNS[table])
    sql = f"SELECT set_config('timezone', 'UTC', true), to_jsonb(t)::text AS row FROM (SELECT {names} FROM {table}) t"
    return [json.loads(row["row"]) for row in await old.darkroom.execute(sql)]


@pytest.mark.parametrize("vsn", VERSIONS)
async def test_each_transition_is_an_update_with_the_whole_row(old: Web, vsn: str) -> None:
    life = await Life.begin(old.state, None, width=640, height=512, steps=4, guidance_scale=7.5, seed=2**40)
    async with phoenix(old.darkroom.url, vsn=vsn) as client:
        topic = await client.join(f"generation:{life.id}", on(filter=of(life)))
        assert topic == f"realtime:generation:{life.id}"
        await life.process()
        heard = await client.hear()
        assert (heard.join_ref, heard.ref, heard.topic, heard.event) == (None, None, topic, "postgres_changes")
        data = heard.payload["data"]
        assert (data["record"]["status"], data["record"]["version"]) == ("processing", 2)
        await life.download()
        assert await told(client, 1) == [("UPDATE", "image_generations", "downloading")]
        await life.complete()
        payload = await client.change()
    data = payload["data"]
    (row,) = await in_psql(old, "image_generations")
    assert payload["ids"] == [1]
    assert data == {
        "schema": "public",
        "table": "image_generations",
        "type": "UPDATE",
        "commit_timestamp": row["completed_at"],
        "columns": [{"name": name, "type": kind} for name, kind in COLUMNS["image_generations"].items()],
        "record": row,
        "old_record": {"id": str(life.id)},
        "errors": None,
    }
    assert (row["status"], row["seed"], row["guidance_scale"]) == ("completed", 2**40, 7.5)


async def test_the_pictures_are_told_before_the_generation_is_completed(old: Web) -> None:
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on("INSERT", "images", f"generation_id=eq.{life.id}"), on(filter=of(life)))
        await life.process()
        await life.download()
        assert [status for *_, status in await told(client, 2)] == ["processing", "downloading"]
        await life.complete(pictures=2)
        pictures = [await client.change() for _ in range(2)]
        assert await told(client, 1) == [("UPDATE", "image_generations", "completed")]
    assert {tuple(one["ids"]) for one in pictures} == {(1,)}
    assert {(one["data"]["type"], one["data"]["table"]) for one in pictures} == {("INSERT", "images")}
    rows = sorted(await in_psql(old, "images"), key=lambda row: row["idx"])
    assert [one["data"]["record"] for one in pictures] == rows


async def test_inserts_updates_and_deletions_of_ones_own(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        await client.join("mine", on("*"), on("*", "images"), access_token=sign(sub=ADA))
        life = await Life.begin(old.state, ADA)
        await life.develop()
        assert await told(client, 5) == [
            ("INSERT", "image_generations", "queued"),
            ("UPDATE", "image_generations", "processing"),
            ("UPDATE", "image_generations", "downloading"),
            ("INSERT", "images", None),
            ("UPDATE", "image_generations", "completed"),
        ]
        (picture,) = await in_psql(old, "images")
        assert await delete(old.state.engine, life.id)
        gone = [await client.change() for _ in range(2)]
    assert [(one["ids"], one["data"]["type"], one["data"]["table"]) for one in gone] == [
        ([1], "DELETE", "image_generations"),
        ([2], "DELETE", "images"),
    ]
    assert [one["data"]["old_record"] for one in gone] == [{"id": str(life.id)}, {"id": picture["id"]}]
    assert [one["data"]["record"] for one in gone] == [{}, {}]


async def test_what_moved_several_times_between_two_looks_is_told_step_by_step(old: Web) -> None:
    life = await Life.begin(old.state, None)
    psql = await asyncpg.connect(old.darkroom.database_url)
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=of(life)))
        async with psql.transaction():
            await psql.execute("UPDATE image_generations SET status = 'failed', error_message = 'x'")
            await psql.execute("UPDATE image_generations SET status = 'queued', error_message = NULL")
        await psql.close()
        changes = [(await client.change())["data"]["record"] for _ in range(2)]
    assert [(one["status"], one["version"]) for one in changes] == [("failed", 2), ("queued", 3)]
    assert [one["completed_at"] is None for one in changes] == [False, True]
    assert [one["error_message"] for one in changes] == ["changed by hand", None]


async def test_cancelled_is_shown_as_failed_by_its_user(old: Web) -> None:
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=f"{of(life)},status=eq.failed"))
        await life.call_off()
        record = (await client.change())["data"]["record"]
    assert (record["status"], record["error_message"]) == ("failed", "Cancelled by user")


@pytest.mark.parametrize("vsn", VERSIONS)
async def test_who_comes_late_is_told_how_it_stands(old: Web, vsn: str) -> None:
    life = await Life.begin(old.state, None)
    await life.develop()
    async with phoenix(old.darkroom.url, vsn=vsn) as client:
        await client.join("g", on(filter=of(life)), on("INSERT", filter=of(life)), on("*", filter=of(life)))
        payload = await client.change()
        assert payload["ids"] == [1, 3]
        (row,) = await in_psql(old, "image_generations")
        assert payload["data"]["record"] == row
        # And no more than that.
        assert (await client.ask("phoenix", "heartbeat", {})).payload["status"] == "ok"


async def test_what_came_finished_from_the_old_project_is_told(old: Web) -> None:
    """As a migration writes it: its first version is its last."""
    await old.darkroom.execute(
        "INSERT INTO image_generations (id, prompt, model, model_id, status) VALUES ($1, 'p', 'm', 'm', 'completed')",
        ID,
    )
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=f"id=eq.{ID}"))
        assert await told(client, 1) == [("UPDATE", "image_generations", "completed")]


async def test_what_has_not_moved_yet_is_not_told(old: Web) -> None:
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=of(life)))
        assert (await client.ask("phoenix", "heartbeat", {})).payload["status"] == "ok"


async def test_who_comes_back_is_told_how_it_stands(old: Web) -> None:
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=of(life)))
        await life.process()
        assert [status for *_, status in await told(client, 1)] == ["processing"]
        client.connection.transport.abort()
    await life.download()
    await life.complete()
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=of(life)))
        assert [status for *_, status in await told(client, 1)] == ["completed"]


async def test_a_batch_is_followed_by_its_id(old: Web) -> None:
    batch = "01234567-0000-7000-8000-000000000001"
    async with phoenix(old.darkroom.url) as client:
        await client.join("b", on("*", filter=f"batch_id=eq.{batch}"), access_token=sign(sub=ADA))
        await Life.begin(old.state, ADA)
        member = await Life.begin(old.state, ADA, batch_id=batch, batch_index=0)
        await member.call_off()
        records = [(await client.change())["data"]["record"] for _ in range(2)]
    assert [(one["id"], one["batch_id"], one["status"]) for one in records] == [
        (str(member.id), batch, "queued"),
        (str(member.id), batch, "failed"),
    ]


async def test_what_does_not_exist_yet_is_followed_from_its_beginning(old: Web) -> None:
    wanted = UUID("01234567-0000-7000-8000-000000000002")
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on("*", filter=f"id=eq.{wanted}"))
        life = await Life.begin(old.state, None, id=wanted)
        await life.call_off()
        assert [kind for kind, *_ in await told(client, 2)] == ["INSERT", "UPDATE"]
