"""Files that are either wholly there after a crash or not at all."""

import os
from pathlib import Path


def write_aside(path: Path, data: bytes) -> None:
    """Write `data` to `path`, which must be new, and have the disk confirm it; its owner alone may read it.

    Raises OSError.
    """
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
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
    """Make `directory` and what is missing above it, durably and for its owner alone. Raises OSError."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)
