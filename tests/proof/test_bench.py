"""The bench works: it measures, its clients saw the right frames, and its document has its shape. No timing here."""

from typing import Any

import pytest

from proof.bench.driver.sequence import STATUSES, Sequence
from proof.bench.failure import BenchFailed
from proof.bench.spread import spread_of
from tests.proof.bench_runs import run_benches

OPTIONS = {
    "idle": ["--count", "5"],
    "throughput": ["--count", "20", "--rounds", "1", "--clients", "4"],
    "flight": ["--count", "30"],
    "claims": ["--count", "2000"],
}


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, Any]]:
    """The JSON of each bench. That a bench ends well says that every frame was right."""
    return run_benches(OPTIONS)


def test_idle(figures: dict[str, dict[str, Any]]) -> None:
    document = figures["idle"]
    idle = document["idle"]
    assert idle["count"] == 5
    assert idle["overhead_ms"]["p50"] <= idle["overhead_ms"]["p99"]
    assert all(stage.keys() == {"p50", "p99"} for stage in idle["stages_ms"].values())
    assert document["throughput"] is None
    assert len(document["marks"]) == 2
    assert document["machine"]["fsync"] == "on"


def test_throughput(figures: dict[str, dict[str, Any]]) -> None:
    document = figures["throughput"]
    throughput = document["throughput"]
    assert (throughput["count"], throughput["clients"], len(throughput["rounds"])) == (20, 4, 1)
    assert throughput["ratio"] == throughput["generations_per_second"] / throughput["floor_per_second"]
    processes = {"web", "worker", "clock", "postgres", "valkey", "supervisor", "painter", "driver"}
    assert throughput["cpu_ms"].keys() == processes
    assert document["idle"] is None
    assert [mark["sense"] for mark in document["marks"]] == ["≥", "≥", "≤"]


def test_flight(figures: dict[str, dict[str, Any]]) -> None:
    flight = figures["flight"]["flight"]
    assert (flight["count"], flight["many"]["in_flight"]) == (30, 30)
    assert 3 <= flight["few"]["in_flight"] <= 30
    assert flight["rss_ratio"] == flight["many"]["rss_mb"] / flight["few"]["rss_mb"]
    assert [mark["sense"] for mark in figures["flight"]["marks"]] == ["≤", "≤"]


def test_claims(figures: dict[str, dict[str, Any]]) -> None:
    claims = figures["claims"]["claims"]
    assert claims["size"] == {"finished": 2_000}
    for kind in ("full", "held", "capped"):
        pair = claims[kind]
        assert pair["ratio"] == pair["loaded_ms"]["p50"] / pair["plain_ms"]["p50"]
    assert [(mark["sense"], mark["mark"]) for mark in figures["claims"]["marks"]] == [("≤", 1.3), ("≤", 3), ("≤", 1.5)]


def transition(version: int, **changed: object) -> dict[str, object]:
    frame = {"type": "transition", "topic": "generation:7", "id": "7", "generation": {}}
    return {**frame, "status": STATUSES[version - 1], "version": version, "cursor": version, **changed}


SUBSCRIBED = {"type": "subscribed", "ref": "1", "topic": "generation:7", "resumed": False}


def test_right_frames_are_taken() -> None:
    sequence = Sequence("7")
    progress = {"type": "progress", "topic": "generation:7", "progress": 50}
    frames = [SUBSCRIBED, transition(1), transition(2), progress, transition(3), transition(4)]
    assert [sequence.take(frame) for frame in frames] == [False] * 5 + [True]
    sequence.end({"type": "unsubscribed", "ref": "1", "topic": "generation:7"})


@pytest.mark.parametrize(
    "wrong",
    [
        transition(1),
        transition(3),
        transition(2, id="8"),
        transition(2, topic="generation:8"),
        transition(2, status="failed"),
        {"type": "error", "ref": None, "problem": {}},
    ],
    ids=["twice", "gap", "id", "topic", "status", "error"],
)
def test_a_wrong_frame_fails_the_bench(wrong: dict[str, object]) -> None:
    sequence = Sequence("7")
    sequence.take(SUBSCRIBED)
    sequence.take(transition(1))
    with pytest.raises(BenchFailed, match="frame 3"):
        sequence.take(wrong)


def test_a_late_frame_fails_the_bench() -> None:
    sequence = Sequence("7")
    for frame in (SUBSCRIBED, transition(1), transition(2), transition(3), transition(4)):
        sequence.take(frame)
    with pytest.raises(BenchFailed):
        sequence.end(transition(4))


def test_a_spread_is_made_of_measured_figures() -> None:
    spread = spread_of(number / 1000 for number in range(1, 101))
    assert (spread.p50, spread.p99) == (50.0, 99.0)
