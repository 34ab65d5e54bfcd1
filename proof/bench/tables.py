"""What the tables for people have in common."""

from rich import box
from rich.table import Table

from proof.bench.spread import Spread


def table(title: str, *columns: str) -> Table:
    """An empty one; its first column holds names, the others figures."""
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    made.add_column(columns[0])
    for column in columns[1:]:
        made.add_column(column, justify="right")
    return made


def spread(of: Spread) -> tuple[str, str]:
    """p50 and p99."""
    return f"{of.p50:.1f}", f"{of.p99:.1f}"
