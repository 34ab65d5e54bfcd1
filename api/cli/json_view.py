"""One JSON line per transition."""

import json
import sys
from collections.abc import Sequence
from typing import Self

from api.cli.picture import Picture
from api.client import Progress, Transition


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
        # Flushed, so that the program at the other end of the pipe is told now.
        print(json.dumps(line, ensure_ascii=False), flush=True)

    def progress(self, progress: Progress) -> None:
        """Nothing: lines are transitions."""

    def dropped(self, why: str) -> None:
        """A note beside the lines."""
        print(json.dumps({"title": "connection lost, reconnecting", "detail": why}), file=sys.stderr)

    def close(self) -> None:
        """Nothing to leave."""
