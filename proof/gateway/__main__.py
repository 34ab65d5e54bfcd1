"""`python -m proof.gateway`: proves the gateway under everything that can break it.

Exit codes: 0 no finding, 1 findings, 2 usage, 3 it could not run.
"""

import signal
import sys
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from proof.beside import beside
from proof.gateway.failure import CouldNotRun
from proof.gateway.options import FORMS, GATEWAYS, Options
from proof.gateway.outcome import Outcome
from proof.gateway.report import report
from proof.gateway.run import prove
from proof.hosting import hosted
from proof.progress import progress

FINDINGS = 1
COULD_NOT_RUN = 3
PAINTER_SECONDS = "0.2-1.2"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    seed: Annotated[int, typer.Option(help="Of load, clients, disconnects and faults.")] = 1,
    form: Annotated[str, typer.Option(help=f"How much is done: {', '.join(FORMS)}; what follows changes it.")] = "full",
    clients: Annotated[int | None, typer.Option(min=4, help="Websockets, besides two witnesses.")] = None,
    transitions: Annotated[int | None, typer.Option(min=40, help="The load brings about, at least.")] = None,
    disconnects: Annotated[int | None, typer.Option(min=0, help="Connections ended by force.")] = None,
    kills: Annotated[int | None, typer.Option(min=0, help="Listening connections ended.")] = None,
    restarts: Annotated[int | None, typer.Option(min=0, help="Of gateways.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="How long the load lasts, at least.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep log, database and frames, and name the place.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Put a crowd of websockets on two gateways, break what can break, then audit what each was told."""
    # As Ctrl-C: what runs is stopped, and what was written removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if form not in FORMS:
        raise typer.BadParameter(f"no {form!r}; there are {', '.join(FORMS)}", param_hint="--form")
    size = FORMS[form]
    options = Options(
        seed=seed,
        clients=clients or size["clients"],
        transitions=transitions or size["transitions"],
        disconnects=_given(disconnects, size["disconnects"]),
        kills=_given(kills, size["kills"]),
        restarts=_given(restarts, size["restarts"]),
        seconds=seconds or size["seconds"],
    )
    try:
        outcome = _run(options, keep=keep)
    except CouldNotRun as reason:
        sys.stderr.write(f"The proof could not run: {reason}\n")
        raise typer.Exit(COULD_NOT_RUN) from reason
    if json:
        sys.stdout.buffer.write(outcome.as_json())
    else:
        report(Console(), outcome)
    if outcome.findings:
        raise typer.Exit(FINDINGS)


def _given(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number


def _run(options: Options, *, keep: bool) -> Outcome:
    with (
        progress(options.generations) as show,
        hosted(
            gateways=GATEWAYS,
            keep=keep,
            failure=CouldNotRun,
            prefix="darkroom-gateway-",
            PAINTER_SECONDS=PAINTER_SECONDS,
            PAINTER_PREPARED="true",
            PAINTER_SEED=str(options.seed),
        ) as house,
    ):
        if keep:
            sys.stderr.write(f"Kept in {house.home.parent}\n")
        return uvloop.run(beside(house, prove(options, house, show)))


if __name__ == "__main__":
    app(prog_name="python -m proof.gateway")
