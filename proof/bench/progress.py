"""How far the bench is, on standard error, while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(name: str, total: int) -> Iterator[Callable[[str, int], None]]:
    """A bar while the context lasts. Call what it gives with what is under way and how many of `total` are done."""
    columns = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Twice a second: drawing must not take the CPU that is being measured.
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=2) as bars:
        bar = bars.add_task(f"{name}: starting", total=total)

        def done(what: str, count: int) -> None:
            bars.update(bar, description=f"{name}: {what}", completed=count)

        yield done
