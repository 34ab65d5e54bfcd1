"""Runs a driver process through a plan."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from signal import SIGTERM
from typing import Any

import orjson

from pipeline.embedded.child import cause
from pipeline.embedded.leash import leashed
from proof.bench.driver.plan import Outcome, Plan, Seen
from proof.bench.failure import BenchFailed
from proof.surroundings import surroundings


def drive(plan: Plan, *, warm: Callable[[], None], done: Callable[[int], None]) -> Outcome:
    """Have a fresh driver do `plan`. Calls `warm` between the warm-up and what counts, `done` now and then after it.

    Raises BenchFailed when a generation did not go as it should.
    """
    process = subprocess.Popen(
        leashed([sys.executable, "-m", "proof.bench.driver"], SIGTERM),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=surroundings(),
    )
    try:
        _tell(process, orjson.dumps(asdict(plan)))
        for said in _lines(process):
            match said:
                case {"ready": True}:
                    warm()
                    _tell(process, b"")
                case {"done": count}:
                    done(count)
                case {"outcome": outcome}:
                    seen = [Seen(**one) for one in outcome.pop("seen")]
                    return Outcome(**outcome, seen=seen)
                case _:
                    raise BenchFailed(str(said.get("error", said)))
        raise BenchFailed(f"the driver ended before its time ({cause(process.wait())})")
    finally:
        process.kill()
        process.communicate()


def _tell(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith(b"\n"):  # else it was killed while it wrote
            yield orjson.loads(line)
