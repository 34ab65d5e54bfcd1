"""One delivery for people: where it goes, every try, and the body."""

import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.delivery_table import state_text
from api.cli.moments import clock, length
from api.client import Try, WholeDelivery


def print_delivery(console: Console, delivery: WholeDelivery) -> None:
    """Print it. The body is laid out; `--json` has it byte for byte."""
    console.print(Text.assemble((delivery["id"], "bold"), "  ", state_text(delivery)))
    console.print(Text(f"{delivery['type']} of generation {delivery['generation_id']}, version {delivery['version']}"))
    console.print(Text(f"to {delivery['url']}"), soft_wrap=True)
    console.print()
    tries = Table.grid(padding=(0, 2, 0, 0))
    for tried in delivery["tries"]:
        seconds = tried.get("seconds")
        tries.add_row(
            clock(tried["at"]),
            Text(length(seconds) if seconds is not None else "", "dim"),
            _outcome(tried),
            Text(tried.get("answer") or "", "dim", overflow="fold"),
        )
    if delivery["tries"]:
        console.print(tries)
        console.print()
    console.print(Text(json.dumps(json.loads(delivery["payload"]), ensure_ascii=False, indent=2)), soft_wrap=True)


def _outcome(tried: Try) -> Text:
    status, error = tried.get("status"), tried.get("error")
    if "seconds" not in tried:
        return Text("nobody knows: it is under way, or its worker was lost", "yellow")
    said = " ".join(str(part) for part in (status, error) if part)
    return Text(said, "green" if status is not None and 200 <= status < 300 else "red", overflow="fold")
