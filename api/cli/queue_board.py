"""The queue as a board: counts by status, then a bar per lane."""

from typing import Literal

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from api.cli.moments import clock
from api.cli.status_look import WIDTH, look_of
from api.client import Queue
from api.client.queue import Cost, Lane

BAR = 28
"""Columns of a lane's bar."""
LAST_HOUR: tuple[tuple[Literal["completed_last_hour", "failed_last_hour"], str], ...] = (
    ("completed_last_hour", "completed"),
    ("failed_last_hour", "failed"),
)
"""Counts of the last hour, from servers that keep them, and their word."""


def print_queue(console: Console, queue: Queue) -> None:
    """Print the board."""
    console.print()
    for status, count in queue["counts"].items():
        icon, colour = look_of(status)
        line = Text.assemble("  ", (f"{icon} {status:<{WIDTH}}", colour if count else "dim"), f" {count:>8,}")
        console.print(line)
    lanes = Table.grid(padding=(0, 2, 0, 0))
    for lane in queue["lanes"]:
        lanes.add_row(
            Text(f"  {lane['lane']}"),
            ProgressBar(max(1, lane["cap"]), lane["in_flight"], width=BAR, complete_style="magenta"),
            f"{lane['in_flight']:,} of {lane['cap']:,} in flight",
            _state(lane),
        )
    if queue["lanes"]:
        console.print()
        console.print(lanes)
    if "cost" in queue:
        console.print()
        console.print(_paid(queue["cost"]))
    past = [f"{queue[key]:,} {word}" for key, word in LAST_HOUR if key in queue]
    if past:
        console.print()
        console.print(Text.assemble(("  last hour: ", "dim"), ", ".join(past)))
    console.print()


def _paid(cost: Cost) -> Text:
    paid = f"${cost['today_usd']:,.2f} today, ${cost['month_usd']:,.2f} this month"
    line = Text.assemble(("  paid: ", "dim"), paid)
    if cost["budget_usd"] is not None and cost["budget_left_usd"] is not None:
        left = cost["budget_left_usd"]
        of = f"; ${max(0.0, left):,.2f} left of ${cost['budget_usd']:,.2f} a {cost['budget_period']}"
        line.append(of, "red" if left <= 0 else "")
    return line


def _state(lane: Lane) -> Text:
    """Why nothing is bought, or that the lane is full."""
    if lane["paused"]:
        return Text("paused", "yellow")
    if trouble := lane.get("trouble"):
        again = lane.get("tries_again_at")
        when = f"; tries again at {clock(again)}" if again else "; trying"
        return Text(f"{trouble}{when}", "yellow", overflow="fold")
    return Text("full" if lane["in_flight"] >= lane["cap"] else "", "dim")
