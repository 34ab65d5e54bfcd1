"""`python -m proof.torture`, which `darkroom torture` runs.

Exit codes: 0 no finding, 1 findings, 2 usage, 3 it could not run.
"""

import asyncio
import signal
import sys
from typing import Annotated

import typer
from rich.console import Console

from proof.progress import progress
from proof.torture.darkroom import running_darkroom
from proof.torture.failure import CouldNotRun
from proof.torture.faults import fault_names
from proof.torture.kills.kinds import KINDS
from proof.torture.options import SETTLE_SECONDS, WORTH, Aim, Options
from proof.torture.outcome import Outcome
from proof.torture.report import report
from proof.torture.run import torture

FINDINGS = 1
COULD_NOT_RUN = 3
NONE = "none"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def _names(given: str | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    """The names of a comma-separated list: all of `known` without one. Raises BadParameter for an unknown name."""
    if given is None:
        return known
    names = tuple(dict.fromkeys(name.strip() for name in given.split(","))) if given != NONE else ()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise typer.BadParameter(f"no {unknown[0]!r}; known are {', '.join(known)}, or {NONE}", param_hint=option)
    return names


@app.command()
def main(
    generations: Annotated[int, typer.Option(min=1, help="How many to submit, at least.")] = 2000,
    seconds: Annotated[float, typer.Option(min=1, help="How long the load lasts, at least.")] = 120,
    seed: Annotated[int, typer.Option(help="Of load, kills, faults and visitors.")] = 1,
    only: Annotated[str | None, typer.Option(metavar="KIND,…", help=f"Kill these: {', '.join(KINDS)}; none.")] = None,
    kills: Annotated[int, typer.Option(min=0, help="Counted kills of each kind.")] = 5,
    faults: Annotated[str | None, typer.Option(metavar="FAULT,…", help="Of the painter's; none.")] = None,
    visitors: Annotated[bool, typer.Option(help="Cancel and retry alongside.")] = True,
    worth: Annotated[int, typer.Option(min=1, help="A kill counts with so many rows not final.")] = WORTH,
    often: Annotated[
        float | None, typer.Option(min=0, max=1, help="How often every fault bites; else it varies.")
    ] = None,
    freeze_at: Annotated[Aim | None, typer.Option(help="Where a worker is frozen; else it varies.")] = None,
    pace: Annotated[str | None, typer.Option(metavar="LOW-HIGH", help="Seconds of a prediction.")] = None,
    outputs_last: Annotated[float, typer.Option(min=0.1, help="Seconds the painter keeps outputs.")] = 3600,
    settle: Annotated[
        float, typer.Option(min=1, help="Seconds after which what has not ended is stuck.")
    ] = SETTLE_SECONDS,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary directory, and name it.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Put a Darkroom of its own under load, kill everything it stands on, let the painter lie, then audit."""
    # As Ctrl-C: what runs is stopped, and what was written removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = Options(
        generations=generations,
        seconds=seconds,
        seed=seed,
        kills=kills,
        kinds=_names(only, tuple(KINDS), "--only"),
        faults=_names(faults, fault_names(), "--faults"),
        visitors=visitors,
        worth=worth,
        often=often,
        freeze_at=freeze_at,
        pace=pace,
        outputs_last=outputs_last,
        settle_seconds=settle,
    )
    try:
        outcome = _run(options, keep=keep)
    except CouldNotRun as reason:
        sys.stderr.write(f"The torture could not run: {reason}\n")
        raise typer.Exit(COULD_NOT_RUN) from reason
    if json:
        sys.stdout.buffer.write(outcome.as_json())
    else:
        report(Console(), outcome)
    if outcome.findings:
        raise typer.Exit(FINDINGS)


def _run(options: Options, *, keep: bool) -> Outcome:
    with progress(options.generations) as show, running_darkroom(options, keep=keep) as darkroom:
        if keep:
            sys.stderr.write(f"Kept in {darkroom.home.parent}\n")
        return asyncio.run(torture(options, darkroom, show))


if __name__ == "__main__":
    app(prog_name="darkroom torture")
