"""`python -m proof.bench`: measures this machine against the marks.

Exit codes: 0 measured, 1 a mark was missed and `--check` asked, 2 usage, 3 it could not be measured.
"""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from proof.bench.benches import BENCHES, Bench, Options
from proof.bench.failure import BenchFailed
from proof.bench.figures import Figures
from proof.bench.marks import marks_of
from proof.bench.report import report
from proof.bench.results import Results

MISSED = 1
NOT_MEASURED = 3


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    only: Annotated[Bench | None, typer.Option(help="Measure one of them.")] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Generations; 1,000 idle, 3,000 a round, 10,000 in flight, 1,000,000 done."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of throughput and floor, of commits, in turn.")] = 5,
    clients: Annotated[int, typer.Option(min=1, help="Clients at once, each with its own connections.")] = 64,
    sockets: Annotated[
        int, typer.Option(min=100, help="Websockets open at once, where they are what counts.")
    ] = 10_000,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds; 20 of pushing, 3 a round of commits, 10 with many sockets.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file as well.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a mark is missed.")] = False,
) -> None:
    """Measure Darkroom on this machine: idle overhead, throughput, CPU, its floor, what waiting weighs; its gateway."""
    # As Ctrl-C: what runs is stopped, and what was written removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = Options(count=count, rounds=rounds, clients=clients, sockets=sockets, seconds=seconds)
    try:
        figures = _measure([only] if only else list(Bench), options)
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


def _measure(benches: list[Bench], options: Options) -> Figures:
    measured = {bench: BENCHES[bench](options) for bench in benches}
    results = Results(**{bench.name.lower(): brought for bench, (_, brought) in measured.items()})
    machine, _ = measured[benches[0]]
    return Figures(machine, results, marks_of(results))


if __name__ == "__main__":
    app()
