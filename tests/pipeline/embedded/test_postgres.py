import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.ordinary import ordinary
from pipeline.embedded.postgres import Postgres, bin_dir
from pipeline.embedded.sockets import socket_dir
from pipeline.embedded.strays import servers_in
from pipeline.embedded.supervisor import Supervisor

Start = Callable[[], Awaitable[Postgres]]


@pytest.fixture
def postgres(home: Path) -> Postgres:
    who = ordinary()
    return Postgres(home, socket_dir(home, who), bin_dir(), who, {})


async def _ask(postgres: Postgres, query: str) -> object:
    connection = await asyncpg.connect(postgres.owner_url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def _start(postgres: Postgres, supervisor: Supervisor) -> None:
    async with asyncio.timeout(30):
        await postgres.make()
        await supervisor.start(postgres.program())
        await postgres.ready()


async def test_what_was_committed_survives_a_killed_server(
    postgres: Postgres, supervisor: Supervisor, home: Path
) -> None:
    await _start(postgres, supervisor)
    await _ask(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
    idle = await asyncpg.connect(postgres.url)  # its backend has to leave before a new server may start
    first = supervisor.pid_of("postgres")
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(20):
        second = await supervisor.successor_of("postgres", first)
        await postgres.ready()
    assert await _ask(postgres, "SELECT answer FROM kept") == 42
    assert second == int((home / "postgres/postmaster.pid").read_text().split()[0])
    idle.terminate()


async def test_it_listens_on_no_port_and_takes_many_connections(postgres: Postgres, supervisor: Supervisor) -> None:
    await _start(postgres, supervisor)
    assert psutil.Process(supervisor.pid_of("postgres")).net_connections("tcp") == []
    assert await _ask(postgres, "SHOW max_connections") == "300"
    assert await _ask(postgres, "SHOW fsync") == "on"


async def test_a_pid_file_whose_pid_is_somebody_elses_now_does_not_stop_it(
    postgres: Postgres, supervisor: Supervisor, home: Path
) -> None:
    assert await postgres.make()
    assert not await postgres.make()
    # Our parent would not do: Postgres knows that its own ancestors are no postmaster.
    somebody = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    stale = f"{somebody.pid}\n{home / 'postgres'}\n1\n5432\n{home / 'run'}\n\n  1 1\n"
    (home / "postgres/postmaster.pid").write_text(stale)
    await _start(postgres, supervisor)
    somebody.kill()
    await somebody.wait()
    await supervisor.stop(5.0, 5.0)
    assert servers_in(home / "postgres", "postgres") == []


async def test_an_initdb_that_was_killed_leaves_no_trace(postgres: Postgres, home: Path) -> None:
    half = home / "postgres.init-half"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert await postgres.make()
    assert not half.exists()
    assert (home / "postgres/PG_VERSION").exists()


async def test_another_versions_data_is_left_alone(postgres: Postgres, home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres/PG_VERSION").write_text("12\n")
    with pytest.raises(CannotStart, match=r"made by Postgres 12, and this is Postgres \d+"):
        await postgres.make()


async def test_something_else_in_its_place_is_left_alone(postgres: Postgres, home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres/thesis.txt").touch()
    with pytest.raises(CannotStart, match="is in the way"):
        await postgres.make()


def test_without_the_wheel_the_newest_installed_is_taken(tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin/postgres").touch()
    assert bin_dir([("no_such_package", "bin")], tmp_path) == tmp_path / "17/bin"
    with pytest.raises(CannotStart, match="DATABASE_URL"):
        bin_dir([], tmp_path / "empty")
