"""`darkroom watch`, in pipes and in a terminal."""

import asyncio
import json
import os
import pty
import signal
from contextlib import suppress

import pytest

from tests.api.cli.conftest import Darkroom
from tests.api.client.history import generation, transition_frame
from tests.api.client.scripted_door import Plot, ScriptedDoor


async def test_a_failure_shows_its_reason_and_exits_1(door: ScriptedDoor, darkroom: Darkroom) -> None:
    failed = generation("queued", "processing", "failed", error_message="The safety filter refused the prompt.")
    cancelled = generation("queued", ("cancelled", "called off"))
    door.generations |= {failed["id"]: failed, cancelled["id"]: cancelled}
    first, second = await asyncio.gather(darkroom("watch", failed["id"][-8:]), darkroom("watch", cancelled["id"]))
    assert first.code == second.code == 1
    assert first.out.splitlines()[-2:] == [
        "failed       processing took 1.84 s, 1.86 s in all",
        "             The safety filter refused the prompt.",
    ]
    assert second.out.splitlines()[-1].strip() == "called off"


async def test_a_dropped_connection_loses_no_line(door: ScriptedDoor, darkroom: Darkroom) -> None:
    row = generation("queued", "processing", ("pending", "the provider answered 503"), "queued", "processing", "failed")
    door.generations[row["id"]] = row
    door.plots += [Plot(until=2, abort=True), Plot(until=4, close=1012)]
    ended = await darkroom("watch", row["id"])
    assert [line.split()[0] for line in ended.out.splitlines() if not line.startswith(" ")] == [
        *("queued", "processing", "pending", "queued", "processing", "failed"),
    ]
    assert "processing   queued took 0.02 s, attempt 2" in ended.out
    assert ended.err.count("connection lost") == 2


async def test_ctrl_c_says_how_to_go_on(door: ScriptedDoor, darkroom: Darkroom) -> None:
    row = generation("queued", "processing")
    door.generations[row["id"]] = row
    process = await darkroom.start("watch", row["id"])
    assert process.stdout is not None
    while not (await process.stdout.readline()).startswith(b"processing"):
        pass
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert err.decode() == f"It goes on without us. To watch again: darkroom watch {row['id']}\n"


@pytest.mark.parametrize("words", [(), ("--json",)])
async def test_a_server_that_was_set_back_is_shown_from_the_start(
    door: ScriptedDoor, darkroom: Darkroom, words: tuple[str, ...]
) -> None:
    row = generation("queued", "processing", "failed")
    door.generations[row["id"]] = row
    door.plots += [Plot(until=2, abort=True), Plot(resumed=False, twice=True)]
    ended = await darkroom("watch", row["id"], *words)
    lines = ended.out.splitlines()
    stages = [json.loads(line)["status"] if words else line.split()[0] for line in lines]
    assert stages == ["queued", "processing", "queued", "processing", "failed"]
    assert ("begins anew" if words else "the server was set back") in ended.err
    assert ended.code == 1


@pytest.mark.parametrize("words", [(), ("--json",)])
async def test_a_feed_that_has_gaps_says_so(door: ScriptedDoor, darkroom: Darkroom, words: tuple[str, ...]) -> None:
    row = generation("queued", "processing")
    frames = [{**transition_frame(row, entry), "topic": "generations", "cursor": "h:1"} for entry in row["timeline"]]
    door.plots += [
        Plot(frames=(frames[0],), cursor="h:1", abort=True),
        Plot(frames=(frames[1],), cursor="h:1", resumed=False),
    ]
    process = await darkroom.start("watch", "--all", *words)
    assert process.stdout is not None
    assert [stage in (await process.stdout.readline()).decode() for stage in ("queued", "processing")] == [True] * 2
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert ("transitions may be missing" if words else "some transitions are not shown") in err.decode()


async def test_a_terminal_gets_the_live_view(door: ScriptedDoor, darkroom: Darkroom) -> None:
    row = generation(prompt="a [red] cat")
    door.generations[row["id"]] = row
    code, shown = await _in_a_terminal(darkroom, "watch", row["id"])
    assert code == 0
    assert "a [red] cat" in shown
    assert "\x1b[" in shown
    for icon, stage, length in (
        ("○", "queued", "0.02 s"),
        ("◐", "processing", "1.84 s"),
        ("↓", "downloading", "0.45 s"),
        ("✔", "completed", "2.31 s"),
    ):
        line = next(line for line in shown.splitlines() if icon in line)
        assert stage in line
        assert length in line
    assert shown.rstrip().endswith(f"{door.url}/images/p/one.png")
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h"), "the cursor was hidden and not given back"


async def test_the_live_view_begins_anew_when_the_server_was_set_back(door: ScriptedDoor, darkroom: Darkroom) -> None:
    row = generation(prompt="a lighthouse")
    door.generations[row["id"]] = row
    door.plots += [Plot(until=2, abort=True), Plot(resumed=False, twice=True)]
    code, shown = await _in_a_terminal(darkroom, "watch", row["id"])
    assert code == 0
    before, note, after = shown.partition("the server was set back")
    assert note
    assert "a lighthouse" in before
    assert "a lighthouse" in after
    assert "2.31 s" in after


async def _in_a_terminal(darkroom: Darkroom, *words: str) -> tuple[int, str]:
    """Run the command line in a terminal of its own: its exit code, and all that was shown."""
    ours, theirs = pty.openpty()
    process = await darkroom.start(*words, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown, code = await asyncio.gather(asyncio.to_thread(_read_all, ours), process.wait())
    return code, shown


def _read_all(terminal: int) -> str:
    """What was written to a terminal until its last writer closed it, which Linux tells by an error."""
    parts = []
    with suppress(OSError):
        while part := os.read(terminal, 65_536):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()
