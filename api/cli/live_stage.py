"""The line of the stage that is running."""

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from api.cli.moments import length, seconds_since
from api.cli.outlook import estimate, outlook
from api.cli.status_look import WIDTH, look_of
from api.cli.view import attempt_of, reason_of
from api.client import Progress, Transition

BAR = 28
"""Columns of the progress bar."""


class LiveStage:
    """Draws the running stage anew for each frame; its spinner keeps turning across stages."""

    def __init__(self) -> None:
        self._spinner = Spinner("dots")

    def draw(self, transition: Transition, progress: Progress | None, lost: str | None, time: float) -> RenderableType:
        """The line at `time`, in seconds of any steady clock."""
        colour = look_of(transition.status).colour
        turning = self._spinner.render(time)
        line = Text.assemble(
            "  ",
            (str(turning), colour),
            (f" {transition.status:<{WIDTH}}", f"bold {colour}"),
            f" {length(seconds_since(transition.at)):>10} ",
        )
        grid = Table.grid(padding=(0, 1, 0, 0))
        if lost is not None:
            grid.add_row(line, Text(f"reconnecting … ({lost})", "yellow", no_wrap=True, overflow="ellipsis"))
        elif progress is not None and progress.progress is not None:
            bar = ProgressBar(100, progress.progress, width=BAR, complete_style=colour, finished_style=colour)
            grid.add_row(line, bar, f"{progress.progress:.0f} %", Text(estimate(progress), "dim"))
        else:
            grid.add_row(line, _waiting(transition, progress))
        return grid


def _waiting(transition: Transition, progress: Progress | None) -> Text:
    """What is known about a stage without a bar: the place in the queue, or why it waits."""
    notes = []
    if progress is not None and (ahead := outlook(progress)):
        notes.append(ahead)
    if attempt_of(transition) > 1:
        notes.append(f"attempt {attempt_of(transition)}")
    if reason := reason_of(transition):
        notes.append(reason)
    return Text(" · ".join(notes), "dim", no_wrap=True, overflow="ellipsis")
