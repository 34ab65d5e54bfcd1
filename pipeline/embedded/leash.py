"""Runs a program that ends when its parent does, however the parent ends (Linux).

Run as a script by a bare interpreter, which becomes the program. Popen's preexec_fn would save its 10 ms, but is not
safe beside threads. prctl(2), PR_SET_PDEATHSIG: the signal survives execve, is cleared by setuid, and is sent when
the *thread* that forked ends: whoever starts programs must do it from a thread that lives as long as they should.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from signal import Signals
from typing import NoReturn

PR_SET_PDEATHSIG = 1
_SAME_OWNER = "-"


def leashed(command: Sequence[str], signum: Signals, owner: tuple[int, int] | None = None) -> list[str]:
    """The command that runs `command` under a leash of this process, as (uid, gid) `owner` when one is given.

    Elsewhere than on Linux there is no leash: what a killed supervisor left is ended by the next one.
    """
    if sys.platform != "linux" and owner is None:
        return list(command)
    ids = _SAME_OWNER if owner is None else f"{owner[0]}:{owner[1]}"
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(signum)), ids, *command]


def main(arguments: Sequence[str]) -> NoReturn:
    """Become the program. Arguments: parent's pid, signal number, `uid:gid` or `-`, then the command."""
    parent, signum, ids, *command = arguments
    if ids != _SAME_OWNER:
        uid, gid = (int(part) for part in ids.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(int(signum)))
        if os.getppid() != int(parent):  # it ended before we asked to be told
            sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
