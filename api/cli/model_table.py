"""Models as a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from api.client import Model

IMAGE = "source_image_url"


def model_table(models: Sequence[Model]) -> Table:
    """One row each. What a field's limits are, `--json` tells."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    table.add_column("model", no_wrap=True)
    table.add_column("format", no_wrap=True)
    table.add_column("max", no_wrap=True, justify="right")
    table.add_column("image", no_wrap=True)
    table.add_column("time", no_wrap=True, justify="right")
    table.add_column("USD", no_wrap=True, justify="right")
    for model in models:
        seconds, price = model["usual_seconds"], model["price"]
        table.add_row(
            Text(model["id"] or ""),
            Text(model["output"]["format"] or "any", "dim"),
            Text(f"{model['fields']['num_outputs']['maximum']:.0f}"),
            Text("yes" if IMAGE in model["fields"] else "", "dim"),
            Text(f"{seconds:g} s" if seconds else ""),
            Text(f"{price:g}" if price is not None else ""),
        )
    dates = sorted({model["price_date"] for model in models if model["price_date"]})
    if dates:
        oldest = f"the oldest of {dates[0]}" if len(dates) > 1 else f"as of {dates[0]}"
        table.caption = f"max: pictures at a time · image: takes a source image · USD: a picture, {oldest}"
    return table


def version_table(versions: Sequence[Mapping[str, Any]]) -> Table:
    """One row for each version outside the catalogue that has a price."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    # In a narrow terminal the version goes on in the next line, whole; the price is never what is left out.
    table.add_column("version and name", overflow="fold")
    table.add_column("time", no_wrap=True, justify="right")
    table.add_column("USD", no_wrap=True, justify="right")
    table.add_column("for a", no_wrap=True)
    for one in versions:
        seconds = one["usual_seconds"]
        table.add_row(
            Text(one["version"]).append(f"\n{one['name']}" if one["name"] else "", "dim"),
            Text(f"{seconds:g} s" if seconds else ""),
            Text(f"{one['price']:g}"),
            Text(one["price_per"], "dim"),
        )
    if not versions:
        table.caption = "no version has a price: darkroom models add VERSION --usd 0.05"
    return table
