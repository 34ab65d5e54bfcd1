"""One JSON line per transition, and of a batch one per change of its counts."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self

from api.cli.picture import Picture
from api.client import BatchCounts, Progress, Transition


class JsonView:
    """Prints each transition's frame as it came; `files` are added to it when pictures were saved."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transition(self, transition: Transition, pictures: Sequence[Picture] = ()) -> None:
        """One line."""
        files = [str(picture.path) for picture in pictures if picture.path is not None]
        line = {**transition.frame, "files": files} if files else transition.frame
        _print(line)

    def counts(self, counts: BatchCounts) -> None:
        """One line."""
        _print(counts.frame)

    def finished(self, counts: BatchCounts) -> None:
        """Nothing: they have been told."""

    def progress(self, progress: Progress) -> None:
        """Nothing: lines are transitions."""

    def reset(self) -> None:
        """A note beside the lines."""
        print(json.dumps({"title": "what follows begins anew; transitions may be missing before it"}), file=sys.stderr)

    def dropped(self, why: str) -> None:
        """A note beside the lines."""
        print(json.dumps({"title": "connection lost, reconnecting", "detail": why}), file=sys.stderr)

    def close(self) -> None:
        """Nothing to leave."""


def _print(line: Mapping[str, Any]) -> None:
    # Flushed, so that the program at the other end of the pipe is told now.
    print(json.dumps(line, ensure_ascii=False), flush=True)
