"""The outcome as tables for people."""

from rich import box
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from proof.torture.audit.findings import MEANING, Class
from proof.torture.outcome import Outcome
from schema.statuses import FINAL, Status

EXAMPLES = 5
"""Findings of one class that are spelled out."""
COLUMNS = tuple(status for status in Status if status not in FINAL)


def report(console: Console, outcome: Outcome) -> None:
    """Print everything."""
    console.print(_run(outcome))
    console.print(_kills(outcome))
    console.print(_findings(outcome))
    for cls in Class:
        found = [finding for finding in outcome.findings if finding.cls == cls]
        for finding in found[:EXAMPLES]:
            console.print(f"[red]{cls}[/] {escape(finding.about)}: {escape(finding.says)}", soft_wrap=True)
        if len(found) > EXAMPLES:
            console.print(f"[red]{cls}[/] and {len(found) - EXAMPLES} more; --json has them all")


def _table(title: str, *columns: str, justify: JustifyMethod = "left") -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify=justify)
    return table


def _run(outcome: Outcome) -> Table:
    times = outcome.times
    table = _table(f"Torture with seed {outcome.options.seed}", "", "")
    table.show_header = False
    table.add_row("generations", _spread(outcome.generations))
    table.add_row("sold", _spread(outcome.sales))
    table.add_row("sold with a fault", _spread(outcome.spoiled))
    table.add_row("possible double charges", str(outcome.possible_double_charges))
    table.add_row("visitors", f"cancelled {outcome.cancelled}, retried {outcome.retried}, followed {outcome.followed}")
    for door, answers in outcome.answers.items():
        table.add_row(f"answers of {door}", _spread(answers))
    table.add_row("seconds", f"load {times.load:.0f}, settling {times.settling:.0f}, sweeping {times.sweeping:.0f}")
    return table


def _spread(counts: dict[str, int]) -> str:
    parts = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return f"{sum(counts.values()):,} ({parts})" if parts else "0"


def _kills(outcome: Outcome) -> Table:
    table = _table("Counted kills, and the rows they hit by status", "kill", "kills", *COLUMNS, justify="right")
    for kind in outcome.options.kinds:
        counted = sum(kill.kind == kind for kill in outcome.kills)
        hits = outcome.hits(kind)
        table.add_row(kind, str(counted), *(str(hits[status]) for status in COLUMNS))
    return table


def _findings(outcome: Outcome) -> Table:
    table = _table("Findings", "class", "found", "what it means")
    for cls, meaning in MEANING.items():
        count = sum(finding.cls == cls for finding in outcome.findings)
        table.add_row(cls, f"[red]{count}[/]" if count else "[green]0[/]", meaning)
    return table
