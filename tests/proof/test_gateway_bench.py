"""The gateway's benches work: every transition that was committed was heard, and their documents have their shape.

No timing here.
"""

from typing import Any

import pytest

from tests.proof.bench_runs import run_benches

SOCKETS = 200
OPTIONS = {
    "push": ["--seconds", "0.3"],
    "commits": ["--seconds", "0.3", "--rounds", "2"],
    "sockets": ["--sockets", str(SOCKETS)],
    "fan-out": ["--sockets", str(SOCKETS)],
    "scale": ["--sockets", str(SOCKETS), "--seconds", "0.5"],
}


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, Any]]:
    """The JSON of each bench. That a bench ends well says that nothing was lost and nothing came twice."""
    return run_benches(OPTIONS)


def test_push(figures: dict[str, dict[str, Any]]) -> None:
    push = figures["push"]["push"]
    assert (push["sockets"], push["transitions"]) == (200, 150)
    assert push["deliveries"] == 2 * push["transitions"]
    assert 0 < push["latency_ms"]["p50"] <= push["latency_ms"]["p99"]
    assert [(mark["sense"], mark["mark"]) for mark in figures["push"]["marks"]] == [("≤", 5), ("≤", 25)]


def test_commits(figures: dict[str, dict[str, Any]]) -> None:
    commits = figures["commits"]["commits"]
    first, second = commits["rounds"]
    for rate in (first["pushing"], first["silent"], second["pushing"], second["silent"]):
        assert 0 < rate["commits_per_second"] <= rate["transitions_per_second"]
        assert rate["cpu_us"].keys() == {"web", "postgres", "valkey", "supervisor", "writer", "audience"}
    # The median of two is the middle between them.
    pushing, silent = [
        first[kind]["transitions_per_second"] + second[kind]["transitions_per_second"] for kind in ("pushing", "silent")
    ]
    assert commits["ratio"] == pytest.approx(pushing / silent)
    assert [(mark["sense"], mark["mark"]) for mark in figures["commits"]["marks"]] == [("≥", 0.8)]


def test_sockets(figures: dict[str, dict[str, Any]]) -> None:
    sockets = figures["sockets"]["sockets"]
    assert sockets["sockets"] == SOCKETS
    for weight in (sockets["ours"], sockets["bare"]):
        assert weight["answered"] == SOCKETS
        assert weight["kb_a_socket"] * SOCKETS / 1024 == pytest.approx(weight["after_mb"] - weight["before_mb"])
    assert sockets["ratio"] == sockets["ours"]["kb_a_socket"] / sockets["bare"]["kb_a_socket"]
    assert [(mark["sense"], mark["mark"]) for mark in figures["sockets"]["marks"]] == [("≤", 1.4)]


def test_fan_out(figures: dict[str, dict[str, Any]]) -> None:
    fan_out = figures["fan-out"]["fan_out"]
    assert (fan_out["subscribers"], len(fan_out["first_ms"]), len(fan_out["last_ms"])) == (SOCKETS, 6, 6)
    assert all(first <= last for first, last in zip(fan_out["first_ms"], fan_out["last_ms"], strict=True))
    assert min(fan_out["last_ms"]) <= fan_out["median_last_ms"] <= max(fan_out["last_ms"])
    assert [(mark["sense"], mark["mark"]) for mark in figures["fan-out"]["marks"]] == [("≤", 300)]


def test_scale(figures: dict[str, dict[str, Any]]) -> None:
    scale = figures["scale"]["scale"]
    few, many = scale["few"], scale["many"]
    assert (few["sockets"], few["generations"]) == (SOCKETS // 100, SOCKETS // 100)
    assert (many["sockets"], many["generations"]) == (SOCKETS, SOCKETS // 10)
    assert (few["deliveries"], many["deliveries"]) == (few["transitions"], 10 * many["transitions"])
    assert scale["p50_ratio"] == many["latency_ms"]["p50"] / few["latency_ms"]["p50"]
    assert [(mark["sense"], mark["mark"]) for mark in figures["scale"]["marks"]] == [("≤", 2)]
