"""`darkroom ls`, `show` and `queue`."""

import asyncio
import json

from tests.api.cli.conftest import Darkroom
from tests.api.client.history import generation
from tests.api.client.scripted_door import ScriptedDoor


async def test_ls_is_a_table(door: ScriptedDoor, darkroom: Darkroom) -> None:
    long, waiting = generation(prompt="a [bold] lighthouse " * 20), generation("queued")
    door.generations |= {long["id"]: long, waiting["id"]: waiting}
    ended, document = await asyncio.gather(
        darkroom("ls", "--status", "completed", "--limit", "5"), darkroom("ls", "--json")
    )
    assert {"status": "completed", "limit": "5"} in door.queries
    rows = [line.split() for line in ended.out.splitlines()]
    completed = next(row for row in rows if row and row[0] == long["id"][-8:])
    assert completed[1:6] == ["✔", "completed", "flux-schnell", "a", "[bold]"]
    assert completed[-2:] == ["2.31", "s"]
    assert any(line.rstrip().endswith("…") or "… " in line for line in ended.out.splitlines())
    assert "\x1b" not in ended.out
    assert json.loads(document.out) == {"items": [long, waiting], "next_cursor": None}


async def test_show_has_the_timeline_and_the_pictures(door: ScriptedDoor, darkroom: Darkroom) -> None:
    row = generation(
        "queued", "processing", ("pending", "the provider answered 503"), "queued", "processing", "completed"
    )
    door.generations[row["id"]] = row
    ended, document, other = await asyncio.gather(
        darkroom("show", row["id"][-12:]),
        darkroom("show", row["id"], "--json"),
        darkroom("show", "019a0000-0000-7000-8000-000000000000", "--json"),
    )
    assert ended.code == 0
    for part in (row["id"], row["prompt"], row["model_id"], "1024×768 png, 5 kB", "the provider answered 503"):
        assert part in ended.out
    assert "5.72 s in all" in ended.out
    assert ended.out.splitlines()[-1] == f"{door.url}/images/p/one.png"
    assert json.loads(document.out) == row
    assert (other.code, other.out) == (2, "")
    assert json.loads(other.err)["status"] == 404


async def test_queue_counts_by_status_and_lane(door: ScriptedDoor, darkroom: Darkroom) -> None:
    door.queue = {
        "counts": {"pending": 0, "queued": 1_200, "processing": 9, "downloading": 1},
        "lanes": [{"lane": "replicate", "cap": 64, "in_flight": 9, "paused": True}],
        "completed_last_hour": 1_042,
        "failed_last_hour": 3,
    }
    ended = await darkroom("queue")
    assert [line.split() for line in ended.out.splitlines() if line.strip()] == [
        ["◷", "pending", "0"],
        ["○", "queued", "1,200"],
        ["◐", "processing", "9"],
        ["↓", "downloading", "1"],
        ["replicate", "━━━╸", "9", "of", "64", "in", "flight", "paused"],
        ["last", "hour:", "1,042", "completed,", "3", "failed"],
    ]


async def test_the_queue_says_why_nothing_is_bought(door: ScriptedDoor, darkroom: Darkroom) -> None:
    open_until = {"trouble": "the provider answered 502", "tries_again_at": "2026-11-23T10:00:00Z", "state": "open"}
    door.queue = {
        "counts": {"queued": 3},
        "lanes": [{"lane": "replicate", "cap": 64, "in_flight": 0, "paused": False, **open_until}],
    }
    ended = await darkroom("queue")
    said = " ".join(ended.out.split())
    assert "the provider answered 502" in said
    assert "tries again at" in said
