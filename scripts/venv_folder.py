"""A virtual environment's folder: whether it is what the lock says, and how it becomes so."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from install import Failed, install, make_venv, say


class VenvFolder:
    """One virtual environment. Any of `locks` makes it good; the first is what gets installed."""

    def __init__(self, folder: Path, locks: Sequence[Path], project: Path | None) -> None:
        self._folder = folder
        self._locks = locks
        self._project = project
        self._python = folder / "bin" / "python"
        self._stamp = folder / ".bootstrapped"
        self._unfinished = folder / ".bootstrapping"

    def make(self) -> None:
        """Bring it in line with the lock; nothing when it is. Raises install.Failed."""
        for lock in self._locks:
            if not lock.exists():
                raise Failed(f"There is no {lock}. Bootstrap from a complete checkout, or run `make lock`.")
        if self._usable() and self._stamp.exists() and self._stamp.read_text() in map(self._expected, self._locks):
            return
        if self._folder.exists() and not self._usable():
            say(f"{self._folder.name} is half made, moved or of a Python that is gone: making it anew")
            shutil.rmtree(self._folder)
        fresh = not self._folder.exists()
        self._folder.mkdir(exist_ok=True)
        self._unfinished.touch()
        self._stamp.unlink(missing_ok=True)
        if fresh:
            make_venv(self._folder)
        install(self._python, self._locks[0], self._project)
        self._stamp.write_text(self._expected(self._locks[0]))
        self._unfinished.unlink()

    def _usable(self) -> bool:
        """Whether it can be installed into: finished once, of a Python that is there and new enough, not a copy."""
        if self._unfinished.exists() or not os.access(self._python, os.X_OK):
            return False
        # A copied environment's programs name the interpreter of the original.
        made_at = self._configured("command").partition(" -m venv ")[2]
        here = not made_at or Path(made_at[made_at.find("/") :]).resolve() == self._folder
        return here and self._version() >= (3, 11)

    def _version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self._configured("version").split(".")[:2] if part.isdecimal())

    def _configured(self, name: str) -> str:
        """A value of pyvenv.cfg (PEP 405; `command` since Python 3.11), empty when it has none."""
        file = self._folder / "pyvenv.cfg"
        lines = file.read_text().splitlines() if file.exists() else []
        values = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
        return values.get(name, values.get(f"{name}_info", ""))  # uv and virtualenv write version_info

    def _expected(self, lock: Path) -> str:
        """What the stamp says when `lock` is what is installed."""
        digest = hashlib.sha256(self._configured("version").encode())
        digest.update(lock.read_bytes())
        if self._project:
            digest.update((self._project / "pyproject.toml").read_bytes())
        return digest.hexdigest()
