"""Lanes as a table."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text


def lane_table(lanes: Sequence[dict[str, Any]]) -> Table:
    """One row each; a model's stands under its provider's."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    for column in ("provider", "model", "in flight", "cap", "a minute", "waiting", ""):
        table.add_column(column, justify="right" if column in {"in flight", "cap", "a minute", "waiting"} else "left")
    for lane in lanes:
        rate = lane["creates_per_minute"]
        table.add_row(
            Text("" if lane["model_id"] else lane["provider"]),
            Text(lane["model_id"] or "all others", "" if lane["model_id"] else "dim"),
            f"{lane['in_flight']:,}",
            f"{lane['cap']:,}",
            f"{rate:,}" if rate is not None else "",
            f"{lane['queued']:,}",
            Text("paused", "yellow") if lane["paused"] else Text(""),
        )
    return table
