"""Lines without control codes, for pipes and logs."""

import sys
from collections.abc import Sequence
from typing import Self

from api.cli.moments import length, seconds_between
from api.cli.outlook import outlook
from api.cli.picture import Picture
from api.cli.status_look import WIDTH
from api.cli.view import attempt_of, reason_of
from api.client import Progress, Transition


class PlainView:
    """One line when a status is reached, saying how long the one before took; pictures at the end."""

    def __init__(self) -> None:
        self._first: Transition | None = None
        self._previous: Transition | None = None
        self._has_outlook = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transition(self, transition: Transition, pictures: Sequence[Picture] = ()) -> None:
        """One line."""
        notes = []
        if self._first is None or self._previous is None:
            self._first = transition
            notes.append(transition.id)
        else:
            notes.append(f"{self._previous.status} took {length(seconds_between(self._previous.at, transition.at))}")
            if transition.is_last:
                notes.append(f"{length(seconds_between(self._first.at, transition.at))} in all")
        if attempt_of(transition) > 1:
            notes.append(f"attempt {attempt_of(transition)}")
        print(f"{transition.status:<{WIDTH}}  {', '.join(notes)}", flush=True)
        if reason := reason_of(transition):
            print(f"{'':<{WIDTH}}  {reason}", flush=True)
        for picture in pictures:
            print(picture.place, flush=True)
        self._previous, self._has_outlook = transition, False

    def progress(self, progress: Progress) -> None:
        """How long the wait in the queue will be, once: a log does not want a line per place or percent."""
        if progress.position is not None and not self._has_outlook:
            self._has_outlook = True
            print(f"{'':<{WIDTH}}  {outlook(progress)}", flush=True)

    def reset(self) -> None:
        """A note beside the lines."""
        self._first = self._previous = None
        print("the server was set back; from the first stage on:", file=sys.stderr)

    def dropped(self, why: str) -> None:
        """A note beside the lines."""
        print(f"connection lost ({why}), reconnecting …", file=sys.stderr)

    def close(self) -> None:
        """Nothing to leave."""
