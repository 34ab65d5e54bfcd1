"""The ledger outlives the painter: nothing sold is lost, everything unfinished is finished."""

import asyncio
import signal
import socket
import time
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from pipeline.providers.painter.__main__ import main
from pipeline.providers.painter.ledger import LEDGER_FILE, LedgerError, read_ledger
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.painter.conftest import Painting
from tests.pipeline.providers.painter.process import painter_process
from tests.pipeline.providers.painter.receiver import Receiver


async def test_a_killed_painter_finishes_what_it_sold(
    tmp_path: Path, session: aiohttp.ClientSession, receiver: Receiver
) -> None:
    ending: dict[str, Any] = {"webhook": receiver.url, "webhook_events_filter": ["completed"]}
    async with painter_process(tmp_path, PREPARED="0") as first:
        painter = Caller(first.origin, session)
        receiver.secret = (await painter.ask("GET", "/v1/webhooks/default/secret"))[1]["key"]
        finished = await painter.finished((await painter.create("done", **ending))["id"])
        await receiver.until("succeeded")
        await painter.faults({"fault": "slow", "seconds": 1})
        open_ones = [await painter.create(f"open {index}", **ending) for index in range(3)]
        await painter.faults({"fault": "reset_after"})
        with pytest.raises(aiohttp.ClientConnectionError):
            await painter.create("unanswered", **ending)
        first.process.kill()
        await first.process.wait()
    assert len(read_ledger(tmp_path / LEDGER_FILE)) == 5
    async with painter_process(tmp_path, PREPARED="0") as second:
        painter = Caller(second.origin, session)
        told = [await receiver.next() for _ in range(4)]
        assert all(one.genuine and one.status == "succeeded" for one in told)
        assert {one.body["id"] for one in told} > {one["id"] for one in open_ones}
        again = await painter.get(finished["id"])
        assert again["completed_at"] == finished["completed_at"]
        assert (await painter.output(again["output"][0]))[0] == 200
        _, page = await painter.ask("GET", "/v1/predictions")
        assert len(page["results"]) == 5


async def test_an_undelivered_end_is_delivered_by_the_next_painter(painting: Painting, receiver: Receiver) -> None:
    receiver.answers = [500]
    async with painting() as painter:
        created = await painter.create(webhook=receiver.url, webhook_events_filter=["completed"])
        refused = await receiver.next()
    async with painting():
        delivered = await receiver.next()
    assert refused.body["id"] == delivered.body["id"] == created["id"]
    assert delivered.status == "succeeded"


async def test_a_delivered_end_is_not_delivered_again(painting: Painting, receiver: Receiver) -> None:
    async with painting() as painter:
        await painter.create("old", webhook=receiver.url)
        await receiver.next()
        while not (await painter.ask("GET", "/_painter/ledger"))[1]["predictions"][0]["deliveries"]:
            pass  # the try is noted just after its answer
    async with painting() as painter:
        new = await painter.create("new", webhook=receiver.url)
        assert (await receiver.next()).body["id"] == new["id"]


def sold_line(key: str, deadline: float, **more: object) -> bytes:
    fact = {
        "fact": "sold",
        "id": key,
        "at": time.time() - 100,
        "model": "a/b",
        "version": "hidden",
        "input": {"prompt": "late"},
        "webhook": None,
        "events": ["completed"],
        "seconds": 5.0,
        "deadline": deadline,
        "faults": [],
    }
    return orjson.dumps(fact | more) + b"\n"


async def test_a_passed_deadline_ends_it(painting: Painting, tmp_path: Path) -> None:
    home = tmp_path / "painter"
    home.mkdir()
    past = time.time() - 1
    lines = sold_line("waiting", past) + sold_line("running", past)
    started = orjson.dumps({"fact": "started", "id": "running", "at": past - 5}) + b"\n"
    (home / LEDGER_FILE).write_bytes(lines + started)
    async with painting() as painter:
        assert (await painter.finished("waiting"))["status"] == "aborted"
        assert (await painter.finished("running"))["status"] == "canceled"


async def test_a_torn_last_line_is_dropped(painting: Painting, tmp_path: Path) -> None:
    home = tmp_path / "painter"
    home.mkdir()
    whole = sold_line("whole", time.time() + 60, seconds=0.0)
    (home / LEDGER_FILE).write_bytes(whole + b'{"fact":"sold","id":"to')
    assert [one.id for one in read_ledger(home / LEDGER_FILE)] == ["whole"]
    async with painting() as painter:
        assert (await painter.finished("whole"))["status"] == "succeeded"
        await painter.create()
    assert len(read_ledger(home / LEDGER_FILE)) == 2


def test_a_spoiled_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    path.write_bytes(b"nonsense\n" + sold_line("one", 0))
    with pytest.raises(LedgerError, match="line 1"):
        read_ledger(path)


async def test_a_home_has_one_painter(painting: Painting) -> None:
    async with painting():
        with pytest.raises(LedgerError, match="PAINTER_HOME"):
            async with painting():
                pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_within_a_second(tmp_path: Path, number: signal.Signals, session: aiohttp.ClientSession) -> None:
    async with painter_process(tmp_path, PREPARED="0", SECONDS="0") as running:
        painter = Caller(running.origin, session)
        await painter.create(input={"width": 2048, "height": 2048})  # in the thread, or about to be
        running.process.send_signal(number)
        async with asyncio.timeout(1):
            assert await running.process.wait() == 0


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("FAULTS", '[{"fault":"flood"}]', "PAINTER_FAULTS: Rule 0: unknown fault 'flood'"),
        ("FAULTS", "[", "painter: "),
        ("SECONDS", "soon", "PAINTER_SECONDS: "),
    ],
)
def test_wrong_settings_are_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    reason: str,
) -> None:
    for setting, given in {"PORT": "0", "HOME": str(tmp_path), name: value}.items():
        monkeypatch.setenv(f"PAINTER_{setting}", given)
    assert main() == 1
    error = capsys.readouterr().err
    assert reason in error
    assert error.count("\n") == 1


def test_a_taken_port_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PAINTER_PORT", str(port))
        monkeypatch.setenv("PAINTER_HOME", str(tmp_path))
        assert main() == 1
    assert capsys.readouterr().err == f"painter: port {port} is taken: stop what listens there or set PAINTER_PORT.\n"
