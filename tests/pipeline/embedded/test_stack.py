import asyncio
import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import asyncpg
import psutil
import pytest

from pipeline.embedded.background import BackgroundStack
from pipeline.embedded.errors import CannotStart, GaveUp
from pipeline.embedded.strays import MARK, end_leftovers
from pipeline.settings import Settings
from tests.pipeline.embedded.conftest import PROCFILE, STAND_INS, Heard, StackOf, all_gone, procfile

NO_SERVERS = {"database_url": "postgresql://elsewhere/darkroom", "redis_url": "redis://elsewhere"}
PAINTER = f"{PROCFILE}painter: python {STAND_INS}/wait.py\n"


def _environment_of_web(url: str) -> dict[str, str]:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/readyz", timeout=5) as answer:
        environment: dict[str, str] = json.load(answer)
    return environment


def _of_home(home: Path) -> list[psutil.Process]:
    """Every process of a stack, by its mark or, for servers, by where it works."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(home) or Path(process.cwd()).is_relative_to(home):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


async def test_everything_starts_in_order_and_nothing_stays(stack_of: StackOf, home: Path, heard: Heard) -> None:
    stack = stack_of()
    await stack.start()
    text = heard.getvalue()
    assert text.index("postgres ready") < text.index("migrating") < text.index("release done") < text.index("waiting")
    pids = json.loads((home / "run/pids.json").read_text())
    assert set(pids) == {"postgres", "valkey", "web", "worker"}
    assert pids["worker"] == stack.pid_of("worker")
    environment = await asyncio.to_thread(_environment_of_web, stack.url)
    assert environment["DARKROOM_EMBEDDED"] == "true"
    assert environment["LISTEN_DATABASE_URL"] == environment["DATABASE_URL"]
    # No process but the release knows the owner's address, and whom they connect as may make nothing.
    assert "MIGRATION_DATABASE_URL" not in environment
    login = await asyncpg.connect(environment["DATABASE_URL"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await login.execute("CREATE TABLE theirs AS SELECT 42 AS answer")
    await login.close()
    connection = await asyncpg.connect(stack.env["MIGRATION_DATABASE_URL"])
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await connection.close()
    with pytest.raises(CannotStart, match="already running"):
        await stack_of().start()
    assert len(_of_home(home)) > 4
    begun = asyncio.get_running_loop().time()
    await stack.stop()
    assert asyncio.get_running_loop().time() - begun < 5
    assert _of_home(home) == []

    again = stack_of()
    await again.start()
    connection = await asyncpg.connect(again.env["MIGRATION_DATABASE_URL"])
    assert await connection.fetchval("SELECT answer FROM kept") == 42
    await connection.close()


async def test_every_part_gives_way_to_its_url(stack_of: StackOf, home: Path, port: int) -> None:
    stack = stack_of(PAINTER, **NO_SERVERS, replicate_api_token="r8_secret")
    await stack.start()
    assert set(json.loads((home / "run/pids.json").read_text())) == {"web", "worker"}
    environment = await asyncio.to_thread(_environment_of_web, stack.url)
    assert environment["DATABASE_URL"] == NO_SERVERS["database_url"]
    assert environment["REDIS_URL"] == NO_SERVERS["redis_url"]
    assert environment["DARKROOM_EMBEDDED"] == "false"
    assert "PAINTER_PORT" not in environment


async def test_the_painter_moves_when_its_port_is_taken(stack_of: StackOf, home: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port + 1)):
        stack = stack_of(PAINTER, **NO_SERVERS)
        await stack.start()
    environment = await asyncio.to_thread(_environment_of_web, stack.url)
    assert int(environment["PAINTER_PORT"]) not in (port, port + 1)
    assert environment["REPLICATE_API_URL"] == f"http://127.0.0.1:{environment['PAINTER_PORT']}"
    token = home / "painter" / "token"
    assert (token.stat().st_mode & 0o777, len(token.read_text())) == (0o600, 43)
    assert {environment[name] for name in ("REPLICATE_API_TOKEN", "FAL_KEY", "OPENAI_API_KEY")} == {token.read_text()}
    assert environment["PAINTER_HOME"] == str(home / "painter")


async def test_a_taken_port_stops_it_before_anything_starts(stack_of: StackOf, home: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), pytest.raises(CannotStart, match=f"Port {port} is taken"):
        await stack_of().start()
    assert not (home / "postgres").exists()


async def test_a_failed_release_stops_it(stack_of: StackOf, home: Path) -> None:
    stack = stack_of(f"release: python -c 'raise SystemExit(3)'\nweb: python {STAND_INS}/web.py\n", **NO_SERVERS)
    with pytest.raises(CannotStart, match=r"release failed \(exit code 3\)"):
        await stack.start()
    assert _of_home(home) == []


async def test_a_web_that_cannot_live_stops_it_with_the_cause(stack_of: StackOf, home: Path) -> None:
    stack = stack_of("web: python -c 'raise SystemExit(\"no table\")'\n", **NO_SERVERS)
    with pytest.raises(GaveUp, match=r"(?s)web ended 5 times.*no table"):
        await stack.start()
    assert _of_home(home) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no leash")
def test_a_killed_supervisor_takes_everything_along(settings: Settings, tmp_path: Path, home: Path) -> None:
    procfile(tmp_path)
    script = [sys.executable, "-m", "tests.pipeline.embedded.stand_ins.supervise"]
    command = [*script, str(home), str(settings.port), str(tmp_path / "Procfile")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert "READY\n" in supervisor.stdout  # reads until it comes
        alive = _of_home(home)
        supervisor.kill()
    assert all_gone(alive)
    assert end_leftovers(home) == 0


def test_leftovers_of_a_killed_run_are_ended(home: Path) -> None:
    environment = {**os.environ, MARK: str(home)}
    script = [sys.executable, str(STAND_INS / "wait.py")]
    with subprocess.Popen(script, env=environment, stdout=subprocess.PIPE, text=True) as left:
        assert left.stdout is not None
        assert left.stdout.readline() == "waiting\n"
        assert end_leftovers(home) == 1
    assert left.returncode == 0


def test_it_runs_behind_a_caller_without_a_loop(stack_of: StackOf, home: Path) -> None:
    with BackgroundStack(stack_of(**NO_SERVERS)) as running:
        first = running.pid_of("worker")
        psutil.Process(first).kill()
        assert running.successor_of("worker", first) != first
    assert _of_home(home) == []
