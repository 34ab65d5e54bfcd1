"""`darkroom watch --all` and `--batch`, against the whole Darkroom."""

import asyncio
import json
import signal
import sys
from uuid import UUID, uuid4

import pytest

from tests.api.test_changes_cli import run
from tests.api.test_verbs import FAR, completed
from tests.darkroom import Darkroom, User

PATIENCE = 60.0
"""Seconds that a line may take to come."""


async def start(user: User, *words: str) -> asyncio.subprocess.Process:
    """Start the command line with the user's key."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api.cli", "--url", user.darkroom.url, "--key", user.key, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def read_until(process: asyncio.subprocess.Process, words: str) -> list[str]:
    """Lines up to the first one with these words."""
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while not lines or words not in lines[-1]:
            lines.append((await process.stdout.readline()).decode())
            assert lines[-1], f"it ended after {lines}"
    return lines


async def interrupted(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    """Press Ctrl-C: the exit code, and what it complained."""
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    return process.returncode, err.decode()


async def batched(user: User, ids: list[str]) -> str:
    """Make a batch of these generations; its id."""
    batch_id = str(uuid4())
    sql = "UPDATE image_generations SET batch_id = $1 WHERE id = ANY ($2)"
    await user.darkroom.execute(sql, UUID(batch_id), [UUID(id_) for id_ in ids])
    return batch_id


async def test_all_shows_a_line_per_transition_until_ctrl_c(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        scheduled = await user.submit(scheduled_at=FAR, prompt="a scheduled cat")
        process = await start(user, "watch", "--all")
        (line,) = await read_until(process, "pending")
        assert line.split()[1:] == [scheduled["id"][-8:], "pending", "a", "scheduled", "cat"]
        generation = await user.submit()
        lines = await read_until(process, "completed")
        assert [line.split()[1:3] for line in lines] == [
            [generation["id"][-8:], stage] for stage in ("queued", "processing", "downloading", "completed")
        ]
        assert "downloading took" in lines[-1]
        assert lines[-1].endswith("s in all\n")
        (picture,) = await read_until(process, "/images/")
        async with user.http.get(picture.strip()) as answer:
            assert answer.status == 200
        assert await interrupted(process) == (130, "")


async def test_all_as_json_is_a_frame_per_line(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        scheduled = await user.submit(scheduled_at=FAR)
        process = await start(user, "watch", "--all", "--json")
        (line,) = await read_until(process, scheduled["id"])
        frame = json.loads(line)
        assert (frame["type"], frame["topic"], frame["version"]) == ("transition", "generations", 1)
        assert await interrupted(process) == (130, "")


async def test_a_finished_batch_is_shown_whole_and_ends_it(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        ids = [(await completed(user, await user.submit()))["id"] for _ in range(2)]
        code, out, err = await run(user, "watch", "--batch", await batched(user, ids))
        assert (code, err) == (0, "")
        lines = out.splitlines()
        assert lines[-1] == "2 generations: 2 completed"
        for id_ in ids:
            stages = [line.split()[2] for line in lines if f"  {id_[-8:]}  " in line]
            assert stages == ["queued", "processing", "downloading", "completed"]


async def test_a_batch_ends_when_the_last_of_it_does(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        ids = [(await user.submit(scheduled_at=FAR))["id"] for _ in range(2)]
        process = await start(user, "watch", "--json", "--batch", await batched(user, ids))
        await read_until(process, '"type": "batch"')
        for id_ in ids:
            async with user.http.post(f"/v1/generations/{id_}/cancel") as answer:
                assert answer.status == 200
        out, err = await process.communicate()
        frames = [json.loads(line) for line in out.decode().splitlines()]
        assert (process.returncode, err) == (1, b"")
        moved = {frame["id"]: frame["status"] for frame in frames if frame["type"] == "transition"}
        assert moved == dict.fromkeys(ids, "cancelled")
        counted = [frame["counts"] for frame in frames if frame["type"] == "batch"]
        assert (counted[-1]["pending"], counted[-1]["cancelled"]) == (0, 2)


async def test_somebody_elses_batch_is_not_found(darkroom: Darkroom) -> None:
    async with darkroom.user() as owner, darkroom.user() as other:
        batch_id = await batched(owner, [(await owner.submit(scheduled_at=FAR))["id"]])
        code, out, err = await run(other, "watch", "--batch", batch_id)
        assert (code, out) == (2, "")
        assert "there is no batch with this id" in err


@pytest.mark.parametrize("words", [(), ("an-id", "--all"), ("--all", "--batch", "x"), ("an-id", "--batch", "x")])
async def test_one_of_three_is_asked_for(darkroom: Darkroom, words: tuple[str, ...]) -> None:
    async with darkroom.user() as user:
        code, out, err = await run(user, "watch", *words)
        assert (code, out) == (2, "")
        assert "give the ID of a generation, --all or --batch ID" in err
