"""`darkroom keys`, on a real database: made, shown once, listed, revoked; and what is said where there is none."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.api_keys import find_key, key_hash
from pipeline.embedded.ports import any_free_port
from pipeline.embedded.stack import Stack
from pipeline.statements import fetch, statement
from tests.api.cli.conftest import Darkroom, Ended
from tests.conftest import _migrate, database_of


@pytest.fixture
def keys(darkroom: Darkroom, database_url: str) -> Darkroom:
    """The command line, told where the database is and nothing of a server."""
    return darkroom.without("DARKROOM_URL", "DARKROOM_API_KEY").having(DATABASE_URL=database_url)


def read(ended: Ended) -> Any:
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


async def test_a_key_is_shown_once_and_kept_as_a_hash(keys: Darkroom, engine: AsyncEngine) -> None:
    ended = await keys("keys", "create", "the shop", "--user", "ada", "--role", "service")
    key = ended.out.removesuffix("\n")
    assert ended.code == 0
    assert key.startswith("dk_")
    assert key not in ended.err
    assert "for ada (service); it is shown only now" in ended.err
    found = await find_key(engine, key)
    assert found
    assert (found.user_id, found.role, found.seconds_left) == ("ada", "service", None)
    (row,) = await fetch(engine, statement("SELECT api_keys::text AS all, key_hash FROM api_keys"))
    assert row.key_hash == key_hash(key)
    assert key not in row.all
    for listed in await asyncio.gather(keys("keys", "ls"), keys("keys", "ls", "--json")):
        assert listed.code == 0
        assert "the shop" in listed.out
        assert key not in listed.out
        assert key_hash(key).hex() not in listed.out


async def test_what_programs_read(keys: Darkroom, engine: AsyncEngine) -> None:
    made = read(await keys("--json", "keys", "create", "ada", "--expires", "30"))
    ends_in = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < ends_in <= timedelta(days=30)
    key = made.pop("key")
    assert set(made) == {"id", "name", "user_id", "role", "created_at", "expires_at", "revoked_at", "state"}
    assert (made["name"], made["user_id"], made["role"], made["state"]) == ("ada", "ada", "user", "active")
    assert read(await keys("keys", "ls", "--json")) == {"items": [made]}
    revoked = read(await keys("keys", "revoke", made["id"], "--json"))
    assert revoked == {**made, "revoked_at": revoked["revoked_at"], "state": "revoked"}
    assert await find_key(engine, key) is None
    assert read(await keys("keys", "revoke", made["id"].upper(), "--json")) == revoked


async def test_what_people_read(keys: Darkroom, engine: AsyncEngine) -> None:
    assert "darkroom keys create NAME" in (await keys("keys", "ls")).out
    first, second = [read(await keys("keys", "create", name, "--json")) for name in ("first", "second")]
    await fetch(engine, statement("UPDATE api_keys SET expires_at = now() WHERE name = 'second' RETURNING id"))
    ended = await keys("keys", "revoke", first["id"][-8:])
    assert ended == (0, f"{first['id']} revoked\n", "")
    heading, _, *rows = [line.split() for line in (await keys("keys", "ls")).out.strip().splitlines()]
    assert heading == ["id", "name", "user", "role", "state", "age", "expires"]
    assert [row[:5] for row in rows] == [
        [second["id"][-8:], "second", "second", "user", "expired"],
        [first["id"][-8:], "first", "first", "user", "revoked"],
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", ""], "name: must be 1 to 100 printable characters"),
        (["create", "x" * 101], "name: must be 1 to 100 printable characters"),
        (["create", "a", "--user", ""], "user: must be 1 to 255 printable characters"),
        (["create", "a", "--user", "*"], "user: must not be * or +"),
        (["create", "+"], "user: must not be * or +"),
        (["create", "a", "--user", "a\nb"], "user: must be 1 to 255 printable characters"),
        (["create", "a", "--expires", "0"], "expires: must be 1 to 36500 days"),
        (["create", "a", "--expires", "99999999999"], "expires: must be 1 to 36500 days"),
        (["create", "a", "--role", "god"], "'god' is not one of 'user', 'service'"),
        (["revoke", "00000000"], "id: no key has an id that ends so; list them with `darkroom keys ls`"),
        (["revoke", ""], "id: no key has an id that ends so"),
        (["revoke", "%"], "id: no key has an id that ends so"),
        (["revoke", "dk_a-secret"], "id: no key has an id that ends so"),
    ],
)
async def test_what_is_refused(keys: Darkroom, words: list[str], said: str) -> None:
    ended = await keys("keys", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())
    assert "a-secret" not in ended.err


async def test_an_end_that_several_ids_have(keys: Darkroom, engine: AsyncEngine) -> None:
    made = [read(await keys("keys", "create", name, "--json")) for name in ("a", "b")]
    same = statement("UPDATE api_keys SET id = CAST(left(CAST(id AS text), -4) || 'beef' AS uuid) RETURNING id")
    ids = [str(row.id) for row in await fetch(engine, same)]
    ended = await keys("keys", "revoke", "beef")
    assert ended.code == 2
    assert len(made) == len(ids) == sum(id_ in ended.err for id_ in ids)
    assert {key["state"] for key in read(await keys("keys", "ls", "--json"))["items"]} == {"active"}


async def test_without_a_database_it_is_said_what_to_do(keys: Darkroom) -> None:
    nowhere = keys.without("DATABASE_URL")
    ended = await nowhere("keys", "ls")
    assert (ended.code, ended.out) == (3, "")
    for hint in ("DATABASE_URL", f"{keys.folder}/home", "`make up`", "DARKROOM_HOME"):
        assert hint in ended.err
    assert "DATABASE_URL" in json.loads((await nowhere("--json", "keys", "ls")).err)["title"]


async def test_a_database_that_is_away_or_empty(keys: Darkroom, database_url: str) -> None:
    away = f"postgresql://ada:a-secret@127.0.0.1:{any_free_port()}/darkroom"
    unreachable = await keys.having(DATABASE_URL=away)("keys", "ls")
    empty = await keys.having(DATABASE_URL=database_of(database_url, "postgres"))("keys", "create", "a")
    missing = await keys.having(DATABASE_URL=database_of(database_url, "no_such_database"))("keys", "ls")
    assert [unreachable.code, empty.code, missing.code] == [3, 3, 3]
    assert "The database does not answer" in unreachable.err
    assert "a-secret" not in unreachable.err
    assert "`make migrate`" in empty.err
    assert "no_such_database" in missing.err
    for ended in (unreachable, empty, missing):
        assert ended.out == ""
        assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("address", ["a-secret", "postgresql://ada:a-secret@here:port/darkroom"])
async def test_what_is_no_address(keys: Darkroom, address: str) -> None:
    ended = await keys.having(DATABASE_URL=address)("keys", "ls")
    assert ended == (2, "", "darkroom: DATABASE_URL: must look like postgresql://user:password@host:5432/name\n")


async def test_the_database_of_make_up_is_found(darkroom: Darkroom, servers: Stack) -> None:
    await _migrate(servers.env["MIGRATION_DATABASE_URL"])
    home = servers.env["DARKROOM_HOME"]
    embedded = darkroom.without("DARKROOM_URL", "DARKROOM_API_KEY").having(DARKROOM_HOME=home)
    made = read(await embedded("keys", "create", "here", "--json"))
    assert made["id"] in {key["id"] for key in read(await embedded("keys", "ls", "--json"))["items"]}


async def test_the_database_of_a_make_up_that_was_killed(keys: Darkroom, tmp_path: Path) -> None:
    data = tmp_path / "home" / "postgres"
    data.mkdir(parents=True)
    (data / "postmaster.pid").write_text(f"1\n{data}\n1\n5432\n{tmp_path}/home/run\n\n")
    ended = await keys.without("DATABASE_URL")("keys", "ls")
    assert ended.code == 3
    assert "The database does not answer" in ended.err
    assert "`make up`" in ended.err
