"""The tables of a proof's report for people."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from proof.findings import Class, Finding

EXAMPLES = 5
"""Findings of one class that are spelled out."""


def new_table(title: str, *columns: str, justify: JustifyMethod = "left") -> Table:
    """An empty table; `justify` is for all columns but the first."""
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    made.add_column(columns[0])
    for column in columns[1:]:
        made.add_column(column, justify=justify)
    return made


def spread(counts: Mapping[str, int]) -> str:
    """Counts by name in one line, their sum first."""
    parts = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return f"{sum(counts.values()):,} ({parts})" if parts else "0"


def print_findings(console: Console, findings: Sequence[Finding[Class]], meaning: Mapping[Class, str]) -> None:
    """How many of each class, then the first of each spelled out."""
    counted = new_table("Findings", "class", "found", "what it means")
    by_class = {cls: [finding for finding in findings if finding.cls == cls] for cls in meaning}
    for cls, means in meaning.items():
        count = len(by_class[cls])
        counted.add_row(cls, f"[red]{count}[/]" if count else "[green]0[/]", means)
    console.print(counted)
    for name, found in by_class.items():
        for finding in found[:EXAMPLES]:
            console.print(f"[red]{name}[/] {escape(finding.about)}: {escape(finding.says)}", soft_wrap=True)
        if len(found) > EXAMPLES:
            console.print(f"[red]{name}[/] and {len(found) - EXAMPLES} more; --json has them all")
