"""Models as a table."""

from collections.abc import Sequence

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
