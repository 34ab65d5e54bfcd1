"""Generations as a table."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from api.cli.find import SHORT
from api.cli.moments import age, length, seconds_between
from api.cli.status_look import look_of
from api.client import Generation


def generation_table(generations: Sequence[Generation]) -> Table:
    """One row each; the prompt gives way when the terminal is narrow."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    table.add_column("id", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("model", no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column("prompt", min_width=12)  # the one that may be cut
    table.add_column("age", no_wrap=True, justify="right")
    table.add_column("took", no_wrap=True, justify="right")
    for generation in generations:
        icon, colour = look_of(generation["status"])
        table.add_row(
            Text(generation["id"][-SHORT:]),
            Text(f"{icon} {generation['status']}", colour),
            # The owner is what a narrow column can do without.
            Text(generation["model_id"].rpartition("/")[2], "dim"),
            Text(" ".join(generation["prompt"].split()), no_wrap=True, overflow="ellipsis"),
            Text(age(generation["created_at"])),
            Text(_took(generation)),
        )
    if not generations:
        table.caption = 'nothing here yet: darkroom submit "a lighthouse at dusk" --watch'
    return table


def _took(generation: Generation) -> str:
    completed = generation["completed_at"]
    return length(seconds_between(generation["created_at"], completed)) if completed else ""
