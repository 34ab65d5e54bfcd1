"""What a watcher sees. A terminal gets a live view, a pipe gets lines, a program gets JSON."""

import sys
from collections.abc import Sequence
from typing import Protocol, Self

from api.cli.picture import Picture
from api.client import Progress, Transition


class View(Protocol):
    """Shows what the client tells, as a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def transition(self, transition: Transition, pictures: Sequence[Picture] = ()) -> None:
        """A status was reached; with the completed one come the pictures."""

    def progress(self, progress: Progress) -> None:
        """How far it is."""

    def reset(self) -> None:
        """Everything comes again from the first transition on: the server is not where it was."""

    def dropped(self, why: str) -> None:
        """The connection is gone and a new one is being made."""

    def close(self) -> None:
        """Leave the terminal as it was; nothing more is shown."""


def choose_view(*, json: bool) -> View:
    """The view for where stdout goes."""
    if json:
        from api.cli.json_view import JsonView

        return JsonView()
    if sys.stdout.isatty():
        from rich.console import Console

        console = Console(highlight=False)
        if not console.is_dumb_terminal:
            from api.cli.live_view import LiveView

            return LiveView(console)
    from api.cli.plain_view import PlainView

    return PlainView()


def reason_of(transition: Transition) -> str | None:
    """Why it came to this, if anybody said."""
    entry = transition.entry
    why = entry.get("why") if entry else None
    return why or (transition.generation.get("error_message") if transition.is_last else None)


def attempt_of(transition: Transition) -> int:
    """Which attempt this belongs to, from 1; 0 before the first."""
    entry = transition.entry
    return entry["attempt"] if entry else 0
