"""How far the torture is, on standard error, while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Show = Callable[[str, int], None]
"""Takes what is under way, and how many generations were accepted so far."""


@contextmanager
def progress(total: int) -> Iterator[Show]:
    """A bar of the accepted generations while the context lasts. Shows nothing where no person looks."""
    columns = (TextColumn("{task.description:44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4) as bars:
        bar = bars.add_task("starting", total=total)

        def show(what: str, accepted: int) -> None:
            bars.update(bar, description=what, completed=accepted)

        yield show
