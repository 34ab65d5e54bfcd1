"""Files that are either wholly there after a crash or not at all."""

import os
from pathlib import Path


def write_aside(path: Path, data: bytes) -> None:
    """Write `data` to `path`, which must be new, and have the disk confirm it. Raises OSError."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Have the disk confirm the names in `directory`: only then is a rename durable (fsync(2)).

    Raises OSError.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(directory: Path) -> None:
    """Make `directory` and what is missing above it, durably. Raises OSError."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(exist_ok=True)
    sync_directory(directory.parent)
