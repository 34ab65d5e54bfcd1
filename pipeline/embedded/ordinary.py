"""Root's way to run a program that refuses to run as root, as Postgres does."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from pipeline.embedded.errors import CannotStart

_NAMESPACE = ("--user", "--map-user=65534", "--map-group=65534")
"""util-linux 2.38: in a new user namespace root is seen as nobody, and still owns root's files outside."""


@dataclass(frozen=True)
class Ordinary:
    """How to start a program as somebody who is not root, and who then owns its files."""

    prefix: tuple[str, ...] = ()
    """Goes before the command."""
    owner: tuple[int, int] | None = None
    """(uid, gid) to become; None stays who we are."""

    def give(self, path: Path) -> None:
        """Make `path` and what lies under it belong to whom the program runs as. Only root has to."""
        uid, gid = self.owner or (os.geteuid(), os.getegid())
        if os.geteuid() != 0 or path.stat().st_uid == uid:
            return
        os.chown(path, uid, gid)
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                os.lchown(os.path.join(folder, name), uid, gid)


def ordinary(*places: Path) -> Ordinary:
    """How this process starts such a program, which must reach all `places`.

    An ordinary user: as it is. Root: in a user namespace, else as `nobody`. Raises CannotStart when neither works.
    """
    if os.geteuid() != 0:
        return Ordinary()
    unshare = which("unshare")
    if unshare and subprocess.run([unshare, *_NAMESPACE, "true"], capture_output=True).returncode == 0:
        return Ordinary(prefix=(unshare, *_NAMESPACE))
    closed = [folder for place in places for folder in (place, *place.parents) if not _open(folder)]
    if closed:
        raise CannotStart(
            "Postgres refuses to run as root. This machine lets root make no user namespace (unshare), and the user "
            f"`nobody` cannot enter {closed[0]}. Run Darkroom as an ordinary user, or move it and DARKROOM_HOME to "
            "a folder that every user may enter, or name your own Postgres in DATABASE_URL."
        )
    nobody = pwd.getpwnam("nobody")
    return Ordinary(owner=(nobody.pw_uid, nobody.pw_gid))


def _open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & 0o001)
