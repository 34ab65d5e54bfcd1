"""`darkroom torture`."""

import os
import sys
from typing import Annotated

import typer

from api.cli.asked import JsonOption


def torture(
    context: typer.Context,
    generations: Annotated[int, typer.Option(min=1, help="How many to submit, at least.")] = 2000,
    seconds: Annotated[float, typer.Option(min=1, help="How long the load lasts, at least.")] = 120,
    seed: Annotated[int, typer.Option(help="The same seed does the same again.")] = 1,
    only: Annotated[
        str | None, typer.Option(metavar="KIND,…", help="Kill only these; an unknown one lists all.")
    ] = None,
    kills: Annotated[int, typer.Option(min=0, help="Kills of each kind.")] = 5,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary directory with log and ledger.")] = False,
    json: JsonOption = False,
) -> None:
    """Kill everything a Darkroom of its own stands on, under load, and see that nothing is lost or paid twice.

    Exit codes: 0 nothing found, 1 findings, 2 usage, 3 it could not run.
    """
    options = {"generations": generations, "seconds": seconds, "seed": seed, "kills": kills}
    command = [sys.executable, "-m", "proof.torture", *(f"--{name}={value}" for name, value in options.items())]
    command += [f"--only={only}"] if only is not None else []
    command += ["--keep"] if keep else []
    command += ["--json"] if json or context.obj.json else []
    # What proves Darkroom stands above the command line, which may not import it: it takes this process's place.
    os.execv(command[0], command)
