"""The outcome as tables for people."""

from rich.console import Console
from rich.table import Table

from proof.gateway.audit.findings import MEANING
from proof.gateway.outcome import Outcome
from proof.tables import new_table, print_findings, spread


def report(console: Console, outcome: Outcome) -> None:
    """Print everything."""
    console.print(_run(outcome))
    print_findings(console, outcome.findings, MEANING)


def _run(outcome: Outcome) -> Table:
    times, options = outcome.times, outcome.options
    table = new_table(f"Gateway with seed {options.seed}, {options.clients} clients", "", "")
    table.show_header = False
    table.add_row("transitions", f"{outcome.transitions:,} of {outcome.generations:,} generations")
    table.add_row("heard", f"{outcome.transitions_heard:,}, in {outcome.frames:,} frames")
    table.add_row("connections", f"{outcome.connections:,}")
    table.add_row("subscriptions", spread(outcome.subscriptions))
    table.add_row("forced disconnects", spread(outcome.disconnects))
    table.add_row("ends of connections", spread(outcome.endings))
    for name, count in outcome.done.items():
        table.add_row(name, f"{count:,}")
    for door, answers in outcome.answers.items():
        table.add_row(f"answers of {door}", spread(answers))
    table.add_row("seconds", f"load {times.load:.0f}, ending {times.ending:.0f}, audit {times.audit:.0f}")
    return table
