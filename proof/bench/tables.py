"""What the tables for people have in common."""

from rich.table import Table

from proof.bench.spread import Spread
from proof.tables import new_table


def table(title: str, *columns: str) -> Table:
    """An empty one; its first column holds names, the others figures."""
    return new_table(title, *columns, justify="right")


def spread(of: Spread) -> tuple[str, str]:
    """p50 and p99."""
    return f"{of.p50:.1f}", f"{of.p99:.1f}"
