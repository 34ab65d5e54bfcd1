"""The directory of the unix sockets: only its owner enters it, and its path is short enough for a socket."""

import hashlib
import os
import stat
import sys
from pathlib import Path

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.ordinary import Ordinary

POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"

_LONGEST = 103 if sys.platform == "darwin" else 107
"""Bytes of a socket's path: sun_path in unix(7) and unix(4), less the final zero."""


def socket_dir(home: Path, ordinary: Ordinary, parent: Path = Path("/tmp")) -> Path:
    """`home`/run, or when that is too long for a socket a directory of ours below `parent`; made if it has to be.

    The sockets ask for no password, so the directory is the lock: mode 0700 and nobody else's, or CannotStart.
    """
    folder = home / "run"
    if len(os.fsencode(folder / POSTGRES_SOCKET)) > _LONGEST:
        folder = _short(home, ordinary, parent)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    ordinary.give(folder)
    return folder


def _short(home: Path, ordinary: Ordinary, parent: Path) -> Path:
    uid = ordinary.owner[0] if ordinary.owner else os.geteuid()
    folder = parent / f"darkroom-{uid}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Anybody may have made it first: a link, or a directory where they wait for our password-less clients.
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
        raise CannotStart(
            f"{folder} must be a directory of yours, and is not. Remove it, or choose a shorter DARKROOM_HOME."
        )
    return folder
