"""The live view: past stages stand still, the present one moves below them."""

from collections.abc import Sequence
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from api.cli.live_stage import LiveStage
from api.cli.moments import length, seconds_between
from api.cli.picture import Picture, describe
from api.cli.status_look import WIDTH, look_of
from api.cli.view import attempt_of, reason_of
from api.client import Progress, Transition

FRAMES_PER_SECOND = 12


class LiveView:
    """A line per stage with its duration, and the running stage with a spinner or a bar."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = LiveStage()
        self._first: Transition | None = None
        self._previous: Transition | None = None
        self._progress: Progress | None = None
        self._lost: str | None = None
        # Last, because it asks for its first picture at once.
        self._live = Live(
            console=console,
            get_renderable=self._present,
            refresh_per_second=FRAMES_PER_SECOND,
            transient=True,  # the running stage's line gives way to its finished one
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transition(self, transition: Transition, pictures: Sequence[Picture] = ()) -> None:
        """The stage before gets its duration; this one begins to move, or ends it all."""
        if self._first is None or self._previous is None:
            self._first = transition
            self._header(transition)
        else:
            took = seconds_between(self._previous.at, transition.at)
            self._console.print(_stage(self._previous, took))
        self._previous, self._progress, self._lost = transition, None, None
        if transition.is_last:
            self.close()
            self._end(transition, seconds_between(self._first.at, transition.at), pictures)
        else:
            self._live.refresh()

    def progress(self, progress: Progress) -> None:
        """Moves the bar at the next redraw."""
        self._progress, self._lost = progress, None

    def reset(self) -> None:
        """A note, and everything from the header on."""
        self._first = self._previous = None
        self._console.print(Text("  the server was set back; from the first stage on:", "yellow"))

    def dropped(self, why: str) -> None:
        """Shows in the running stage's line that we are not in touch."""
        self._lost = why

    def close(self) -> None:
        """Takes the moving line away and gives the cursor back."""
        self._live.stop()

    def _present(self) -> RenderableType:
        if self._previous is None:
            return Text("")
        return self._stage.draw(self._previous, self._progress, self._lost, self._console.get_time())

    def _header(self, transition: Transition) -> None:
        generation = transition.generation
        self._console.print()
        self._console.print(Text(f"  {generation['prompt']}", "bold", overflow="ellipsis", no_wrap=True))
        self._console.print(Text(f"  {generation['model_id']} · {transition.id}", "dim", no_wrap=True))
        self._console.print()

    def _end(self, transition: Transition, seconds: float, pictures: Sequence[Picture]) -> None:
        self._console.print(_stage(transition, seconds))
        if pictures:
            self._console.print()
        for picture in pictures:
            self._console.print(Text(f"  {describe(picture.image)}", "dim"))
            # Unwrapped: a path or an address that is cut in two cannot be clicked or copied.
            self._console.print(Text(f"  {picture.place}"), soft_wrap=True)


def _stage(transition: Transition, seconds: float) -> Text:
    """A stage's line: icon, status, duration, and which attempt or why when there is something to say."""
    icon, colour = look_of(transition.status)
    line = Text.assemble(
        "  ",
        (f"{icon} {transition.status:<{WIDTH}}", colour),
        f" {length(seconds):>10}",
    )
    attempt = attempt_of(transition)
    if transition.is_last:
        line.append(" in all" if attempt < 2 else f" in all, {attempt} attempts", "dim")
    elif attempt > 1:
        line.append(f"  attempt {attempt}", "dim")
    if reason := reason_of(transition):
        line.append(f"  {reason}", "red" if transition.is_last else "dim")
    return line
