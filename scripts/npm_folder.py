"""A folder of npm's packages, as a lock pins them."""

import hashlib
import shutil
from pathlib import Path

from install import run

CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")


class NpmFolder:
    """`folder` has what the lock names in `node_modules`."""

    def __init__(self, folder: Path, lock: Path, programs: Path) -> None:
        """`lock` is the folder of package.json and package-lock.json, `programs` the one of npm."""
        self._folder = folder
        self._lock = [lock / "package.json", lock / "package-lock.json"]
        self._npm = programs / "npm"
        self._stamp = folder / ".bootstrapped"

    def make(self, what: str) -> None:
        """Bring it in line with the lock; nothing when it is. Raises Failed."""
        expected = hashlib.sha256(b"".join(file.read_bytes() for file in self._lock)).hexdigest()
        if self._stamp.exists() and self._stamp.read_text() == expected:
            return
        self._folder.mkdir(exist_ok=True)
        self._stamp.unlink(missing_ok=True)
        for file in self._lock:
            shutil.copy(file, self._folder)
        run(f"installing {what} with npm", [str(self._npm), *CI], cwd=self._folder)
        self._stamp.write_text(expected)
