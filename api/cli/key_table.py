"""API keys as a table."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from api.cli.find import SHORT
from api.cli.moments import age

COLOURS = {"active": "green", "expired": "yellow", "revoked": "dim"}


def key_table(keys: Sequence[dict[str, Any]]) -> Table:
    """One row each, under the end of its id, which is what `revoke` takes."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    for column in ("id", "name", "user", "role", "state", "age", "expires"):
        table.add_column(column, no_wrap=column not in {"name", "user"})
    for key in keys:
        table.add_row(
            Text(key["id"][-SHORT:]),
            Text(key["name"]),
            Text(key["user_id"]),
            Text(key["role"]),
            Text(key["state"], COLOURS[key["state"]]),
            Text(age(key["created_at"])),
            Text(key["expires_at"][:10] if key["expires_at"] else "never", "" if key["expires_at"] else "dim"),
        )
    if not keys:
        table.caption = "no keys yet: darkroom keys create NAME"
    return table
