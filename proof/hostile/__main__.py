"""`python -m proof.hostile`: hostile models, odd callers and a curious neighbour beside honest users.

Exit codes: 0 no finding, 1 findings, 2 usage, 3 it could not run.
"""

import signal
import sys
from typing import Annotated

import orjson
import typer
from rich.console import Console

from proof.hostile.audit import MEANING
from proof.hostile.behaviours import BEHAVIOURS
from proof.hostile.options import Options
from proof.hostile.run import CouldNotRun, Outcome, prove
from proof.progress import progress
from proof.tables import new_table, print_findings, spread

FINDINGS = 1
COULD_NOT_RUN = 3

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    seed: Annotated[int, typer.Option(help="Of loads and choices.")] = 1,
    seconds: Annotated[float, typer.Option(min=1, help="Of honest load alone, and of the same beside the rest.")] = 60,
    rounds: Annotated[int, typer.Option(min=1, help="How often each behaviour is shown.")] = 3,
    honest_rate: Annotated[float, typer.Option(min=0.1, help="Honest generations a second.")] = 8,
    hostile_rate: Annotated[float, typer.Option(min=0.1, help="Hostile generations a second.")] = 2,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary directory.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Let honest users work alone, then beside everybody else; then audit rows, ledger, answers and processes."""
    # As Ctrl-C: what runs is stopped, and what was written removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = Options(seed, seconds, rounds, honest_rate, hostile_rate)
    try:
        with progress(0) as show:
            outcome = prove(options, show, keep=keep)
    except CouldNotRun as reason:
        sys.stderr.write(f"The proof could not run: {reason}\n")
        raise typer.Exit(COULD_NOT_RUN) from reason
    if json:
        sys.stdout.buffer.write(
            orjson.dumps(_document(outcome), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
    else:
        _report(Console(), outcome)
    if outcome.findings:
        raise typer.Exit(FINDINGS)


def _document(outcome: Outcome) -> dict[str, object]:
    world = outcome.world
    return {
        "options": outcome.options,
        "honest": len(world.book.honest),
        "hostile": len(world.book.hostile),
        "sold": len(world.ledger.sales),
        "asked_by_the_curious": world.book.asked,
        "odd_answers": dict(world.book.odd_answers),
        "poison": {f"{name}: {what}": count for (what, name), count in world.book.poison.items()},
        "alone_ms": world.alone,
        "beside_ms": world.beside,
        "memory_alone_mb": world.memory_alone_mb,
        "memory_beside_mb": world.memory_beside_mb,
        "settling": outcome.settling,
        "findings": outcome.findings,
    }


def _report(console: Console, outcome: Outcome) -> None:
    world = outcome.world
    table = new_table(f"Hostile neighbours with seed {outcome.options.seed}", "", "")
    table.show_header = False
    table.add_row("generations", f"honest {len(world.book.honest)}, hostile {len(world.book.hostile)}")
    table.add_row("behaviours", f"{len(BEHAVIOURS)}, each {outcome.options.rounds} times")
    table.add_row("sold", str(len(world.ledger.sales)))
    table.add_row("the curious asked", str(world.book.asked))
    table.add_row("odd requests answered", spread(dict(sorted(world.book.odd_answers.items()))))
    table.add_row(
        "rows by SQL", spread({f"{name}: {what}": n for (what, name), n in sorted(world.book.poison.items())})
    )
    table.add_row("neighbours alone, ms", f"p50 {world.alone.p50:.0f}, p99 {world.alone.p99:.0f}")
    ratio = world.beside.p99 / world.alone.p99
    table.add_row("beside the hostile, ms", f"p50 {world.beside.p50:.0f}, p99 {world.beside.p99:.0f} ({ratio:.2f} ×)")
    held = (f"{name} {mb:.0f} ({world.memory_alone_mb[name]:.0f} alone)" for name, mb in world.memory_beside_mb.items())
    table.add_row("largest memory, MB", ", ".join(held))
    table.add_row("settling, seconds", f"{outcome.settling:.0f}")
    console.print(table)
    print_findings(console, outcome.findings, MEANING)


if __name__ == "__main__":
    app(prog_name="python -m proof.hostile")
