"""`python -m proof.bench`: measures this machine against the marks.

Exit codes: 0 measured, 1 a mark was missed and `--check` asked, 2 usage, 3 it could not be measured.
"""

import asyncio
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from proof.bench.darkroom import running_darkroom
from proof.bench.failure import BenchFailed
from proof.bench.figures import Figures
from proof.bench.flight import measure_flight
from proof.bench.idle import measure_idle
from proof.bench.machine import look_at
from proof.bench.marks import marks_of
from proof.bench.progress import progress
from proof.bench.report import report
from proof.bench.throughput import Size, measure_throughput

IDLE_COUNT = 1_000
IDLE_PROVIDER = "0.05-0.15"
INSTANT_PROVIDER = "0"
THROUGHPUT_COUNT = 3_000
FLIGHT_COUNT = 10_000
SLOW_PROVIDER = "30"
"""The providers are PAINTER_SECONDS."""
MISSED = 1
NOT_MEASURED = 3


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Bench(StrEnum):
    """What can be measured by itself."""

    IDLE = "idle"
    THROUGHPUT = "throughput"
    FLIGHT = "flight"


@app.command()
def bench(
    only: Annotated[Bench | None, typer.Option(help="Measure one of them.")] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Generations; 1,000 idle, 3,000 a round, 10,000 in flight.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of throughput and floor, in turn.")] = 5,
    clients: Annotated[int, typer.Option(min=1, help="Clients at once, each with its own connections.")] = 64,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file as well.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a mark is missed.")] = False,
) -> None:
    """Measure Darkroom on this machine: idle overhead, throughput, CPU, its floor, and what waiting weighs."""
    # As Ctrl-C: what runs is stopped, and what was written removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        figures = _measure(only, count, Size(count or THROUGHPUT_COUNT, rounds, clients))
    except BenchFailed as reason:
        sys.stderr.write(f"The bench failed: {reason}\n")
        raise typer.Exit(NOT_MEASURED) from reason
    if out is not None:
        out.write_bytes(figures.as_json())
    if json:
        sys.stdout.buffer.write(figures.as_json())
    else:
        report(Console(), figures)
    if check and not figures.all_held:
        raise typer.Exit(MISSED)


def _measure(only: Bench | None, count: int | None, size: Size) -> Figures:
    idle = throughput = flight = None
    if only in (None, Bench.IDLE):
        singles = count or IDLE_COUNT
        with progress(Bench.IDLE, singles) as done, running_darkroom(IDLE_PROVIDER) as darkroom:
            machine = asyncio.run(look_at(darkroom.database_url))
            idle = measure_idle(darkroom, singles, done)
    if only in (None, Bench.THROUGHPUT):
        with progress(Bench.THROUGHPUT, size.count) as done, running_darkroom(INSTANT_PROVIDER) as darkroom:
            machine = asyncio.run(look_at(darkroom.database_url))
            throughput = measure_throughput(darkroom, size, done)
    if only in (None, Bench.FLIGHT):
        waiting = count or FLIGHT_COUNT
        cap = {"MAX_PARALLEL_JOBS": str(waiting)}
        with progress(Bench.FLIGHT, waiting) as done, running_darkroom(SLOW_PROVIDER, **cap) as darkroom:
            machine = asyncio.run(look_at(darkroom.database_url))
            flight = measure_flight(darkroom, waiting, done)
    return Figures(machine, idle, throughput, flight, marks_of(idle, throughput, flight))


if __name__ == "__main__":
    app()
