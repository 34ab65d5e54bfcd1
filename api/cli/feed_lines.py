"""Many generations in lines, for whatever stdout is."""

import sys
from collections.abc import Sequence
from typing import Self

from api.cli.find import SHORT
from api.cli.moments import clock, length, seconds_between
from api.cli.picture import Picture
from api.cli.status_look import WIDTH
from api.cli.view import attempt_of, reason_of
from api.client import BatchCounts, Transition

PROMPT = 60
"""Characters of a prompt that a line shows."""


class FeedLines:
    """One line when a generation reaches a status: when, which one, what, and how long the one before took."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to leave."""

    def transition(self, transition: Transition, pictures: Sequence[Picture] = ()) -> None:
        """One line; below it the pictures."""
        notes = ", ".join(_notes(transition))
        line = f"{clock(transition.at)}  {transition.id[-SHORT:]}  {transition.status:<{WIDTH}}  {notes}"
        print(line.rstrip(), flush=True)
        for picture in pictures:
            print(picture.place, flush=True)

    def counts(self, counts: BatchCounts) -> None:
        """Nothing: the lines tell what moved."""

    def finished(self, counts: BatchCounts) -> None:
        """The last line of a batch."""
        parts = [f"{count:,} {status}" for status, count in counts.counts.items() if count]
        print(f"{sum(counts.counts.values()):,} generations: {', '.join(parts)}", flush=True)

    def reset(self) -> None:
        """A note beside the lines."""
        print("too much was missed: some transitions are not shown, going on with the latest …", file=sys.stderr)

    def dropped(self, why: str) -> None:
        """A note beside the lines."""
        print(f"connection lost ({why}), reconnecting …", file=sys.stderr)


def _notes(transition: Transition) -> list[str]:
    timeline = transition.generation["timeline"]
    before = next((entry for entry in timeline if entry["v"] == transition.version - 1), None)
    if before is None:
        return [" ".join(transition.generation["prompt"].split())[:PROMPT]]
    notes = [f"{before['status']} took {length(seconds_between(before['at'], transition.at))}"]
    if transition.is_last:
        notes.append(f"{length(seconds_between(timeline[0]['at'], transition.at))} in all")
    if attempt_of(transition) > 1:
        notes.append(f"attempt {attempt_of(transition)}")
    if reason := reason_of(transition):
        notes.append(reason)
    return notes
