"""Limits as a table."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

SPOKEN = {"*": "each without their own", "+": "all together", "": "the anonymous key"}


def limit_table(limits: Sequence[dict[str, Any]]) -> Table:
    """One row each."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    for column in ("user", "in flight", "a minute", "budget", "left"):
        table.add_column(column, justify="left" if column == "user" else "right")
    for one in limits:
        spoken = SPOKEN.get(one["user_id"])
        if spoken and one["by_default"]:
            spoken += ", by default"
        budget, left = one["budget_usd"], one["budget_left"]
        # What is left for each is another sum for every user.
        known = budget is not None and one["user_id"] != "*"
        table.add_row(
            Text(spoken or one["user_id"], "dim" if spoken else ""),
            f"{one['in_flight']:,}" if one["in_flight"] is not None else "",
            f"{one['per_minute']:,}" if one["per_minute"] is not None else "",
            f"${budget:,.2f} a {one['budget_period']}" if budget is not None else "",
            Text(f"${max(0.0, left):,.2f}", "red" if left <= 0 else "") if known else Text(""),
        )
    if not limits:
        table.caption = "nobody is limited: darkroom limits set --each --in-flight 3"
    return table
