"""Deliveries as a table, and how their states look."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from api.cli.find import SHORT
from api.cli.moments import age, time_to
from api.cli.status_look import UNKNOWN, Look
from api.client import Delivery, Try
from schema.delivery_states import DeliveryState

LOOKS = {
    DeliveryState.PENDING: Look("◷", "yellow"),
    DeliveryState.SENDING: Look("◐", "magenta"),
    DeliveryState.DELIVERED: Look("✔", "green"),
    DeliveryState.FAILED: Look("✘", "red"),
    DeliveryState.DISABLED: Look("⊘", "bright_black"),
}


def delivery_table(deliveries: Sequence[Delivery]) -> Table:
    """One row each, under the end of its id, which is what `show` and `replay` take."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    table.add_column("id", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("event", no_wrap=True)
    table.add_column("generation", no_wrap=True)
    table.add_column("receiver", min_width=12)  # the one that may be cut
    table.add_column("tries", no_wrap=True, justify="right")
    table.add_column("last", no_wrap=True)
    table.add_column("age", no_wrap=True, justify="right")
    for delivery in deliveries:
        table.add_row(
            Text(delivery["id"][-SHORT:]),
            state_text(delivery),
            Text(delivery["type"].rpartition(".")[2]),
            Text(delivery["generation_id"][-SHORT:], "dim"),
            Text(delivery["url"], no_wrap=True, overflow="ellipsis"),
            Text(str(delivery["attempts"])),
            Text(_answer(delivery["last_try"])),
            Text(age(delivery["created_at"])),
        )
    if not deliveries:
        table.caption = 'nothing here yet: darkroom submit "a lighthouse" --webhook https://…'
    return table


def state_text(delivery: Delivery) -> Text:
    """The state in its colour; of a pending one, when it is tried next."""
    state = delivery["state"]
    look = LOOKS[DeliveryState(state)] if state in set(DeliveryState) else UNKNOWN
    again = f", again in {time_to(delivery['next_try_at'])}" if delivery["next_try_at"] and delivery["attempts"] else ""
    return Text(f"{look.icon} {state}{again}", look.colour)


def _answer(tried: Try | None) -> str:
    if tried is None:
        return ""
    return str(tried.get("status") or "no answer")
