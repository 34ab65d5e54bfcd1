"""One supervisor per home: a lock that ends with its holder, however the holder ends."""

import fcntl
import os
from pathlib import Path

from pipeline.embedded.errors import CannotStart


class Lock:
    """An exclusive flock(2) on `home`/lock. The file stays; whether somebody holds it is the kernel's to say."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file: int | None = None

    def take(self, port: int) -> None:
        """Take the lock for a stack whose web listens on `port`. Raises CannotStart when another one runs."""
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as reason:
            raise CannotStart(
                f"Nothing can be kept in {self._home} ({reason.strerror}). Choose a directory of yours: "
                "DARKROOM_HOME=/some/where make up"
            ) from reason
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 200).decode().strip()
            os.close(file)
            raise CannotStart(
                f"Darkroom is already running in {self._home} ({holder}). Use that one, stop it with Ctrl-C, or "
                f"start another beside it: DARKROOM_HOME=.darkroom-2 PORT={min(port + 10, 65535)} make up"
            ) from None
        os.ftruncate(file, 0)
        os.write(file, f"pid {os.getpid()}, http://127.0.0.1:{port}\n".encode())
        self._file = file

    def release(self) -> None:
        """Let the next one in. Harmless when it was never taken."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
