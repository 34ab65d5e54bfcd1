"""Finds the keys that a directory store holds."""

import os
import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

from pipeline.stores.keys import is_key
from pipeline.stores.store import StoredKey


def walk(root: Path, prefix: str) -> Generator[StoredKey]:
    """Every key below `root` that begins with `prefix`, a directory at a time. Raises OSError."""
    # The deepest directory that can hold such keys; no other is looked at on the way.
    yield from _walk(root / prefix.rpartition("/")[0], prefix.rpartition("/")[0], prefix)


def _walk(directory: Path, path: str, prefix: str) -> Generator[StoredKey]:
    try:
        entries = os.scandir(directory)
    except (FileNotFoundError, NotADirectoryError):  # never put, or deleted since it was listed
        return
    with entries:
        for entry in entries:
            key = f"{path}/{entry.name}" if path else entry.name
            if not key.startswith(prefix) or entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(directory / entry.name, key, prefix)
                continue
            if not is_key(key):  # what others keep here is none of ours
                continue
            try:
                put_at = entry.stat(follow_symlinks=False).st_mtime
            except FileNotFoundError:  # deleted since it was listed
                continue
            yield StoredKey(key, timedelta(seconds=max(0.0, time.time() - put_at)))
