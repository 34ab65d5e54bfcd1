"""What the supervisor writes: every process's lines behind its name, in its colour."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

OWN_NAME = "darkroom"

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)  # ANSI, SGR 30-37 and 90-97 without red, black and white
_RED = 31


class Voice:
    """Writes lines to a stream. Colours only when a person reads it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty()
        self._names = [OWN_NAME]
        self._width = len("postgres")

    def line(self, name: str, text: str, colour: int | None = None) -> None:
        """One line of the process `name`."""
        if name not in self._names:
            self._names.append(name)
            self._width = max(self._width, len(name))
        prefix = f"{name:<{self._width}} |"
        if self._coloured:
            prefix = f"\x1b[{colour or _COLOURS[self._names.index(name) % len(_COLOURS)]}m{prefix}\x1b[0m"
        self._write(f"{prefix} {text}\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            # The reader left (`make up | head`): the processes matter more than their lines.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def say(self, text: str) -> None:
        """The supervisor's own words, one line or many."""
        for line in text.splitlines():
            self.line(OWN_NAME, line)

    def problem(self, text: str) -> None:
        """Why it stops."""
        for line in text.splitlines():
            self.line(OWN_NAME, line, _RED)

    def block(self, text: str) -> None:
        """Lines to be read and copied: with nothing before them."""
        self._write(f"\n{text}\n\n")

    @contextmanager
    def step(self, done: str) -> Iterator[None]:
        """Say `done` and how long it took, once it is."""
        begun = time.monotonic()
        yield
        self.say(f"{done} ({time.monotonic() - begun:.1f} s)")
