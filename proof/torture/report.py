"""The outcome as tables for people."""

from rich.console import Console
from rich.table import Table

from proof.tables import new_table, print_findings, spread
from proof.torture.audit.findings import MEANING
from proof.torture.outcome import Outcome
from schema.statuses import FINAL, Status

COLUMNS = tuple(status for status in Status if status not in FINAL)


def report(console: Console, outcome: Outcome) -> None:
    """Print everything."""
    console.print(_run(outcome))
    console.print(_kills(outcome))
    print_findings(console, outcome.findings, MEANING)


def _run(outcome: Outcome) -> Table:
    times = outcome.times
    table = new_table(f"Torture with seed {outcome.options.seed}", "", "")
    table.show_header = False
    table.add_row("generations", spread(outcome.generations))
    table.add_row("sold", spread(outcome.sales))
    table.add_row("sold by", spread(outcome.bought_at))
    table.add_row("sold with a fault", spread(outcome.spoiled))
    table.add_row("possible double charges", str(outcome.possible_double_charges))
    table.add_row(
        "visitors",
        f"cancelled {outcome.cancelled}, retried {outcome.retried}, followed {outcome.followed}, told {outcome.told}",
    )
    for door, answers in outcome.answers.items():
        table.add_row(f"answers of {door}", spread(answers))
    table.add_row("seconds", f"load {times.load:.0f}, settling {times.settling:.0f}, sweeping {times.sweeping:.0f}")
    return table


def _kills(outcome: Outcome) -> Table:
    table = new_table("Counted kills, and the rows they hit by status", "kill", "kills", *COLUMNS, justify="right")
    for kind in outcome.options.kinds:
        counted = sum(kill.kind == kind for kill in outcome.kills)
        hits = outcome.hits(kind)
        table.add_row(kind, str(counted), *(str(hits[status]) for status in COLUMNS))
    return table
