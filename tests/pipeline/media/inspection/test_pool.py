"""The inspection processes: what happens to one is one picture's affair, and nothing of them outlives their worker."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.errors import OutputBroken, OutputUninspectable
from pipeline.media.inspection import InspectionPool
from pipeline.media.inspection.limits import SETTLED, Limits
from pipeline.media.inspection.pool import PROCESSES
from pipeline.media.picture import MAX_BYTES
from tests.pipeline.media.hostile import drawing, heavy_drawing, hostile, jpeg_of_scans
from tests.pipeline.media.samples import sample
from tests.until import until

ROOT = Path(__file__).parents[4]
PATIENCE = 20.0
SMALL = drawing("<g/>")


def children() -> list[psutil.Process]:
    """This process's inspection processes."""
    found = psutil.Process().children()
    return [one for one in found if "pipeline.media.inspection.child" in " ".join(one.cmdline())]


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert children() == []


@pytest.fixture
async def pool() -> AsyncIterator[InspectionPool]:
    async with InspectionPool() as opened:
        yield opened


async def frozen_at_work(pool: InspectionPool, data: bytes) -> tuple[asyncio.Task[object], psutil.Process]:
    """An inspection that is under way and does not go on, and its process, which had none before it."""
    await pool.examine(SMALL)
    (process,) = children()
    process.suspend()
    work: asyncio.Task[object] = asyncio.create_task(pool.examine(data))
    await until(lambda: pool.busy > 0)
    return work, process


async def test_ordinary_pictures_need_no_process(pool: InspectionPool) -> None:
    for kind in ("png", "jpeg", "webp", "gif"):
        picture, data = await pool.examine(sample(kind))
        assert (picture.format, data) == (kind, sample(kind))
    with pytest.raises(OutputBroken, match="cut off"):
        await pool.examine(sample("png")[:-1])
    assert children() == []


async def test_what_takes_a_parser_has_one_process_again_and_again(pool: InspectionPool) -> None:
    picture, data = await pool.examine(sample("avif"))
    assert (picture.format, data) == ("avif", sample("avif"))
    (process,) = children()
    picture, data = await pool.examine(SMALL)
    assert (picture.format, picture.width, b"<g></g>" in data) == ("svg", 8, True)
    for broken, words in ((sample("avif")[:-1], "cut off"), (b"<svg>", "damaged SVG"), (b"<svg/>", "shows nothing")):
        with pytest.raises(OutputBroken, match=words):
            await pool.examine(broken)
    assert children() == [process]
    assert process.environ() == {}
    assert process.memory_info().rss < SETTLED


async def test_large_and_intricate_pictures_are_read_elsewhere(pool: InspectionPool) -> None:
    data = sample("png") + bytes(MAX_BYTES - len(sample("png")))
    assert (await pool.examine(data))[0].file_size == MAX_BYTES
    assert len(children()) == 1
    with pytest.raises(OutputBroken, match="more than 1,000,000 parts"):
        await pool.examine(hostile("png: two million chunks"))


async def test_no_more_than_a_few_work_and_the_others_wait(pool: InspectionPool) -> None:
    kept = await asyncio.gather(*(pool.examine(SMALL) for _ in range(10 * PROCESSES)))
    assert len({data for _, data in kept}) == 1
    assert len(children()) == PROCESSES


async def test_a_picture_that_takes_too_long_ends_its_process_and_no_other() -> None:
    async with InspectionPool(Limits(decoding_cpu_seconds=1)) as pool:
        data = jpeg_of_scans()
        assert (await pool.examine(data))[0].width == 5_000
        heavy = asyncio.create_task(pool.shrink(data))
        neighbours = await asyncio.gather(*(pool.examine(SMALL) for _ in range(20)))
        assert len(neighbours) == 20
        with pytest.raises(OutputUninspectable, match=r"it took more than 1 s of the processor\."):
            await heavy
        assert (await pool.examine(SMALL))[0].width == 8


async def test_each_picture_has_its_own_seconds() -> None:
    """The processor's limit counts a process's whole life; it moves on with each picture."""
    async with InspectionPool(Limits(cpu_seconds=2)) as pool:
        await pool.examine(SMALL)
        (process,) = children()
        text = drawing('<rect width="1" height="1"/>' * 30_000)
        while (times := process.cpu_times()).user + times.system < 3:
            await pool.examine(text)
        assert children() == [process]


async def test_a_deadline_passes() -> None:
    async with InspectionPool(Limits(deadline_seconds=1)) as pool:
        work, process = await frozen_at_work(pool, SMALL)
        with pytest.raises(OutputUninspectable, match=r"The output took more than 1 s to look at\."):
            await work
        assert not process.is_running()
        assert (await pool.examine(SMALL))[0].width == 8


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process's memory cannot be limited")
async def test_memory_is_bounded() -> None:
    async with InspectionPool(Limits(memory=150 * 2**20)) as pool:
        with pytest.raises(OutputUninspectable, match=r"The output takes more than 150 MB of memory to look at\."):
            await pool.examine(heavy_drawing())
        assert children() == []
        assert (await pool.examine(SMALL))[0].width == 8


@pytest.mark.parametrize("signum", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
async def test_a_crash_is_the_pictures_and_happens_once(pool: InspectionPool, signum: signal.Signals) -> None:
    work, process = await frozen_at_work(pool, SMALL)
    process.send_signal(signum)
    process.resume()
    with pytest.raises(OutputUninspectable, match=f"was ended by {signum.name}"):
        await work
    assert children() == []
    assert (await pool.examine(SMALL))[0].width == 8


async def test_a_kill_from_outside_is_not_held_against_a_picture_the_first_time(pool: InspectionPool) -> None:
    work, process = await frozen_at_work(pool, SMALL)
    process.kill()
    await work
    (other,) = children()
    assert other != process


async def test_one_that_was_killed_while_idle_is_replaced(pool: InspectionPool) -> None:
    await pool.examine(SMALL)
    (process,) = children()
    process.kill()
    psutil.wait_procs([process], PATIENCE)
    assert (await pool.examine(SMALL))[0].width == 8


async def test_signals_that_are_meant_for_the_worker_pass_it_by(pool: InspectionPool) -> None:
    await pool.examine(SMALL)
    (process,) = children()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(signum)
    assert (await pool.examine(SMALL))[0].width == 8
    assert children() == [process]
    assert os.getsid(process.pid) != os.getsid(0)


async def test_who_is_called_off_leaves_nothing_running(pool: InspectionPool) -> None:
    work, process = await frozen_at_work(pool, SMALL)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not process.is_running()
    starting = asyncio.create_task(pool.examine(SMALL))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert children() == []
    assert len(await asyncio.gather(*(pool.examine(SMALL) for _ in range(2 * PROCESSES)))) == 2 * PROCESSES


_WORKER = """
import asyncio, sys
import psutil
from pipeline.media.inspection import InspectionPool
from tests.pipeline.media.hostile import drawing, heavy_drawing

async def main():
    pool = InspectionPool()
    await pool.examine(drawing("<g/>"))
    print(psutil.Process().children()[0].pid, flush=True)
    if sys.argv[1] == "busy":
        await pool.examine(heavy_drawing())
        await pool.examine(heavy_drawing())
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_they_end_with_their_worker_however_it_ends(state: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WORKER, state], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        process = psutil.Process(int(worker.stdout.readline()))
        worker.kill()
    assert psutil.wait_procs([process], PATIENCE)[1] == []
