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
    near = home / "run"
    name = f"darkroom-{os.geteuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    folder = near if len(os.fsencode(near / POSTGRES_SOCKET)) <= _LONGEST else parent / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Below /tmp anybody may have made it first: a link, or a directory where they wait for our password-less clients.
    found = folder.lstat()
    owners = {os.geteuid()} if ordinary.owner is None else {os.geteuid(), ordinary.owner[0]}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise CannotStart(
            f"{folder} must be a directory of yours and is not. Remove it, or choose a shorter DARKROOM_HOME."
        )
    folder.chmod(0o700)
    ordinary.give(folder)
    return folder
