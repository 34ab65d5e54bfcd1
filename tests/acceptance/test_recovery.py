"""How soon work goes on, on the Procfile's own processes: after a killed worker, a flushed, frozen or stopped Valkey,
and a stopped Postgres. The run ends with what each measured beside what is promised."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.acceptance.surroundings import Surroundings, surroundings

Report = Callable[..., None]
LEASE_SECONDS = 3.0
OUTAGE_SECONDS = 10.0
POSTGRES_OUTAGE_SECONDS = 3.0
AT_ONCE = {"PAINTER_SECONDS": "0.1", "PAINTER_PREPARED": "true"}


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Says the seconds measured at the end of the run (tests.spreading), and holds them against what is promised."""

    def say(what: str, seconds: float, promised: float | None = None) -> None:
        record_property("measured", f"{what}: {seconds:.2f} s{f' (promised: {promised:.1f} s)' if promised else ''}")
        assert promised is None or seconds <= promised, what

    return say


def first_moves(followed: Iterable[Sequence[dict[str, Any]]], since: float) -> list[float]:
    """Seconds from `since` to the first transition after it, of each generation that had one."""
    later = ([at for at in map(moment, frames) if at > since] for frames in followed)
    return [min(moments) - since for moments in later if moments]


def moment(frame: dict[str, Any]) -> float:
    """When a transition was committed, by Postgres' clock: the same machine's."""
    return datetime.fromisoformat(frame["at"]).timestamp()


def check_completed(followed: Iterable[Sequence[dict[str, Any]]]) -> None:
    """Every one ends well."""
    for frames in followed:
        assert frames[-1]["status"] == "completed", [frame["status"] for frame in frames]


async def test_what_a_killed_worker_had_in_hand_moves_when_its_lease_has_ended(report: Report) -> None:
    async with surroundings(**AT_ONCE, DARKROOM_LEASE_SECONDS=str(LEASE_SECONDS)) as house:
        await house.dial(
            {"fault": "slow_output", "seconds": 60, "prompt_contains": "download"},
            {"fault": "hang", "seconds": 60, "prompt_contains": "purchase"},
        )
        downloads = await house.submit("a slow download", 5)
        await house.until("status = 'downloading' AND due_at > now() + interval '1 second'", downloads)
        purchases = await house.submit("a slow purchase", 5)
        await house.until("status = 'processing'", purchases)
        killed = time.time()
        os.killpg(house.stack.pid_of("worker"), signal.SIGKILL)
        await house.dial()
        followed = await house.follow([*downloads, *purchases])
        check_completed(followed)
        moved = first_moves(followed, killed)
        assert len(moved) == len(followed)
        report("worker killed, slowest of 5 downloads", max(moved[:5]), LEASE_SECONDS + 2)
        report("worker killed, slowest of 5 purchases", max(moved[5:]), LEASE_SECONDS + 2)


async def test_work_whose_bells_were_flushed_moves(report: Report) -> None:
    async with surroundings(PAINTER_SECONDS="1", PAINTER_PREPARED="true") as house:
        developed = await house.submit("developed while the worker is away", 5)
        await house.until("replicate_prediction_id IS NOT NULL", developed)
        worker = house.stack.pid_of("worker")
        os.killpg(worker, signal.SIGSTOP)
        await house.until("prediction IS NOT NULL", developed)
        queued = await house.submit("queued while the worker is away", 5)
        async with Redis.from_url(house.redis_url) as redis:
            assert [await redis.llen(f"darkroom:{bell}") for bell in ("start", "collect")] == [1, 1]
            flushed = time.time()
            await redis.flushall()
        os.killpg(worker, signal.SIGCONT)
        followed = await house.follow([*developed, *queued])
        check_completed(followed)
        moved = first_moves(followed, flushed)
        assert len(moved) == len(followed)
        report("FLUSHALL, slowest of 10", max(moved), 2)


async def submitted(house: Surroundings) -> tuple[str, float]:
    """A generation's id, and the seconds that its submission took."""
    began = time.monotonic()
    (generation_id,) = await house.submit("meanwhile")
    return generation_id, time.monotonic() - began


async def frozen(house: Surroundings) -> float:
    """Valkey takes connections and says nothing; when it was back."""
    house.valkey.signal(signal.SIGSTOP)
    await asyncio.sleep(OUTAGE_SECONDS)
    house.valkey.signal(signal.SIGCONT)
    return time.time()


async def stopped(house: Surroundings) -> float:
    """There is no Valkey; when it was back."""
    await house.valkey.stop()
    await asyncio.sleep(OUTAGE_SECONDS)
    await house.valkey.start()
    return time.time()


@pytest.mark.parametrize("away", [frozen, stopped])
async def test_submissions_are_taken_without_valkey_and_developed_when_it_is_back(
    report: Report, away: Callable[[Surroundings], Coroutine[Any, Any, float]]
) -> None:
    async with surroundings(**AT_ONCE) as house:
        check_completed(await house.follow(await house.submit("before", 3)))
        coming_back = asyncio.create_task(away(house))
        submissions: list[asyncio.Task[tuple[str, float]]] = []
        # One a second all through the outage, whether or not the last has been answered.
        while not coming_back.done():
            submissions.append(asyncio.create_task(submitted(house)))
            await asyncio.wait([coming_back], timeout=1)
        back = await coming_back
        ids, taken = zip(*await asyncio.gather(*submissions), strict=True)
        followed = await house.follow(ids)
        check_completed(followed)
        report(f"Valkey {away.__name__}, slowest of {len(ids)} submissions meanwhile", max(taken))
        # Those that came when it was just back did not have to wait for it.
        waited = [frames for frames in followed if moment(frames[0]) < back]
        assert len(waited) > 1
        report(
            f"Valkey {away.__name__}, slowest of {len(waited)} to move after its return",
            max(first_moves(waited, back)),
            2,
        )


async def test_posts_are_told_to_come_back_while_postgres_restarts_and_then_work_goes_on(report: Report) -> None:
    async with surroundings(PAINTER_SECONDS="1-3", PAINTER_PREPARED="true", MAX_PARALLEL_JOBS="6") as house:
        ids = await house.submit("in the middle of it", 20)
        await house.until("status <> 'queued'", ids[:6])
        await house.postgres.stop()
        stopped = time.monotonic()
        slowest = 0.0
        while time.monotonic() - stopped < POSTGRES_OUTAGE_SECONDS:
            began = time.monotonic()
            async with house.http.post("/v1/generations", json={"prompt": "meanwhile"}) as answer:
                assert answer.status == 503, await answer.text()
                assert int(answer.headers["Retry-After"]) >= 1
                assert (await answer.json(content_type=None))["type"] == "/problems/unavailable"
            slowest = max(slowest, time.monotonic() - began)
            await asyncio.sleep(0.2)  # a client's manners, not a wait
        await house.postgres.start()
        back = time.time()
        followed = await house.follow(ids)
        check_completed(followed)
        report("Postgres away, slowest 503", slowest)
        report("Postgres restarted, first move after its return", min(first_moves(followed, back)), 5)
