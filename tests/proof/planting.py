"""Faults planted into a copy of the source."""

import re
import shutil
from pathlib import Path

from pipeline.embedded.procfile import CHECKOUT

COPIED = ("schema", "pipeline", "actors", "api", "proof")


def copied(folder: Path) -> Path:
    """A copy in `folder` of everything that a proof runs."""
    for package in COPIED:
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "Procfile", folder)
    return folder


def plant(folder: Path, file: str, old: "str | re.Pattern[str]", new: str) -> None:
    """Replace `old` in a file of the copy; a pattern's groups stand in `new` as in `re.sub`.

    Fails when it is not there exactly once: then the source has changed, and the plant would do nothing, or too much.
    """
    path = folder / file
    source = path.read_text()
    pattern, text = (re.compile(re.escape(old)), new.replace("\\", r"\\")) if isinstance(old, str) else (old, new)
    planted, count = pattern.subn(text, source)
    assert count == 1, f"{file} has changed: {pattern.pattern!r} is in it {count} times"
    path.write_text(planted)
