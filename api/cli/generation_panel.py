"""One generation as a panel: what was asked for, how it went, what came of it."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.cli.moments import age, clock, length, seconds_between
from api.cli.picture import Picture, describe
from api.cli.status_look import look_of
from api.client import Generation, TimelineEntry
from schema.statuses import FINAL, Status

ASKED = (
    ("model", "model_id"),
    ("negative", "negative_prompt"),
    ("style", "style"),
    ("steps", "steps"),
    ("guidance", "guidance_scale"),
    ("seed", "seed"),
    ("source", "source_image_url"),
    ("strength", "generation_strength"),
    ("priority", "priority"),
    ("batch", "batch_id"),
)
"""What is shown of a request where it says something, and its column."""


def print_generation(console: Console, generation: Generation, pictures: Sequence[Picture]) -> None:
    """Print the panel, and the pictures' addresses below it, where no frame cuts them in two."""
    icon, colour = look_of(generation["status"])
    parts: list[RenderableType] = [Text(generation["prompt"]), Text(), _asked(generation), Text()]
    parts.append(_timeline(generation["timeline"]))
    reason = generation["error_message"]
    if reason and not any(entry.get("why") == reason for entry in generation["timeline"]):
        parts += [Text(), Text(reason, "red")]
    if pictures:
        parts.append(Text())
    parts += [Text.assemble((f"{n}  ", "dim"), describe(each.image)) for n, each in enumerate(pictures, 1)]
    console.print(
        Panel(
            Group(*parts),
            title=Text(f"{icon} {generation['status']}", f"bold {colour}"),
            subtitle=Text(generation["id"], "dim"),
            border_style=colour,
            padding=(1, 2),
        )
    )
    for picture in pictures:
        console.print(Text(picture.url), soft_wrap=True)


def _asked(generation: Generation) -> Table:
    rows = _rows()
    for label, column in ASKED:
        value = generation.get(column)
        if value is not None and value != "" and (column != "priority" or value):
            rows.add_row(label, Text(str(value)))
    if generation["width"] and generation["height"]:
        rows.add_row("size", f"{generation['width']}×{generation['height']}")
    rows.add_row("created", f"{age(generation['created_at'])} ago")
    return rows


def _timeline(timeline: Sequence[TimelineEntry]) -> Table:
    """Each status with the time of day, how long it lasted, and why it came when somebody said."""
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(style="dim")
    rows.add_column()
    rows.add_column(justify="right")
    rows.add_column(style="dim", overflow="fold")
    for number, entry in enumerate(timeline):
        icon, colour = look_of(entry["status"])
        lasted = ""
        if number + 1 < len(timeline):
            lasted = length(seconds_between(entry["at"], timeline[number + 1]["at"]))
        elif entry["status"] in FINAL:
            lasted = f"{length(seconds_between(timeline[0]['at'], entry['at']))} in all"
        notes = [f"attempt {entry['attempt']}"] if entry["attempt"] > 1 else []
        notes += [entry["why"]] if "why" in entry else []
        rows.add_row(
            clock(entry["at"]),
            Text(f"{icon} {entry['status']}", colour),
            lasted,
            Text(" · ".join(notes), "red" if entry["status"] == Status.FAILED else ""),
        )
    return rows


def _rows() -> Table:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(style="dim")
    rows.add_column(overflow="fold")
    return rows
