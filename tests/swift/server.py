"""Starts and stops a one-node Swift, on free ports, in a directory of its own."""

import os
import select
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.swift.configuration import ACCOUNT, GUEST, GUEST_SECRET_KEY, REGION, SECRET_KEY, USER, write_configuration

REPOSITORY = Path(__file__).parents[2]
PYTHON = REPOSITORY / ".venv-swift" / "bin" / "python"
NODE = Path(__file__).with_name("node.py")
READY_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class SwiftServer:
    """Where a running Swift is, and its two users: the account's owner, and a guest who may do nothing."""

    endpoint_url: str
    access_key: str = f"{ACCOUNT}:{USER}"
    secret_key: str = SECRET_KEY
    region: str = REGION
    guest_access_key: str = f"{ACCOUNT}:{GUEST}"
    guest_secret_key: str = GUEST_SECRET_KEY


@contextmanager
def held_port() -> Iterator[int]:
    """A free TCP port that stays ours: bound but not listening, so connections to it are refused.

    A server that sets SO_REUSEADDR can listen on it meanwhile (socket(7)), nobody is given it by chance.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def takes_attributes(directory: Path) -> bool:
    """Whether files there can have extended attributes, in which Swift keeps its metadata."""
    probe = directory / "xattr-probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.swift.probe", b"1")
    except OSError:
        return False
    else:
        return True
    finally:
        probe.unlink()


@contextmanager
def running(root: Path) -> Iterator[SwiftServer]:
    """A Swift with its data and logs below `root`, an existing empty directory; it ends with the block.

    Raises RuntimeError with the servers' logs when it does not become ready.
    """
    with ExitStack() as stack:
        names = ("account", "container", "object", "proxy")
        ports = {name: stack.enter_context(held_port()) for name in names}
        write_configuration(root, ports)
        node = subprocess.Popen(
            [PYTHON, NODE, root, str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stack.enter_context((root / "node.log").open("wb")),
        )
        stack.callback(_stop, node)
        _wait_until_ready(node, root)
        yield SwiftServer(f"http://127.0.0.1:{ports['proxy']}")


def _wait_until_ready(node: subprocess.Popen[bytes], root: Path) -> None:
    assert node.stdout is not None
    readable, _, _ = select.select([node.stdout], [], [], READY_SECONDS)
    if not readable or node.stdout.readline() != b"ready\n":
        logs = "\n".join(f"{log.name}: {log.read_text().strip()}" for log in sorted(root.glob("*.log")))
        raise RuntimeError(f"Swift did not start:\n{logs}")


def _stop(node: subprocess.Popen[bytes]) -> None:
    node.terminate()
    try:
        node.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        node.kill()  # its servers are told by the kernel
        node.wait()
    if node.stdout is not None:
        node.stdout.close()
