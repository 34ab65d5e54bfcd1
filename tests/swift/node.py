"""One Swift node: builds its rings, forks its four servers, says "ready", and ends when its parent does.

Run by the interpreter of `.venv-swift` as `python node.py ROOT PARENT_PID`; ROOT/etc holds the configuration.
The servers are forked from here because importing Swift costs more (0.8 s) than everything else it does.
"""

import ctypes
import os
import signal
import socket
import sys
import time
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

# This file is read by two interpreters: mypy's has no Swift, so imports of it go by name.
SERVERS = {
    "account": "swift.account.server",
    "container": "swift.container.server",
    "object": "swift.obj.server",
    "proxy": "swift.proxy.server",
}
PR_SET_PDEATHSIG = 1  # prctl(2)
READY_SECONDS = 30.0


def die_with(parent: int, signum: signal.Signals) -> None:
    """Have the kernel send `signum` to this process when `parent` ends, however it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signum))
    if os.getppid() != parent:  # it ended before we asked
        raise SystemExit(1)


def port_of(etc: Path, name: str) -> int:
    """The TCP port in a server's configuration."""
    parser = ConfigParser()
    parser.read(etc / f"{name}-server.conf")
    return parser.getint("DEFAULT", "bind_port")


def build_ring(etc: Path, name: str) -> None:
    """A ring with one device and one copy: 1 ms in this process, 0.7 s through swift-ring-builder."""
    port = port_of(etc, name)
    builder = import_module("swift.common.ring").RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    address = {"ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port}
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "device": "sd1", "weight": 1.0, "meta": "", **address})
    builder.rebalance()
    builder.get_ring().save(str(etc / f"{name}.ring.gz"))


def serve(etc: Path, name: str, node: int) -> NoReturn:
    """Become one server, forked from `node`, its log in ROOT/<name>.log."""
    die_with(node, signal.SIGKILL)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL)
    log = os.open(etc.parent / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    sys.argv = [f"swift-{name}-server", str(etc / f"{name}-server.conf"), "-v"]
    import_module(SERVERS[name]).main()
    raise SystemExit(0)


def wait_until_ready(etc: Path, servers: dict[int, str]) -> None:
    """Return when every server accepts connections; end with the cause when one cannot."""
    deadline = time.monotonic() + READY_SECONDS
    for name in SERVERS:
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid:
                raise SystemExit(f"the {servers.pop(pid)} server ended at its start")
            try:
                socket.create_connection(("127.0.0.1", port_of(etc, name)), 1).close()
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"the {name} server is not ready after {READY_SECONDS:.0f} s") from None
                time.sleep(0.01)


def stop(_signum: int, _frame: FrameType | None) -> None:
    """SIGTERM and Ctrl-C: leave main by its finally."""
    raise SystemExit(0)


def main(etc: Path) -> None:
    """Start everything, hold it until a signal or a server's end, stop everything."""
    for module in SERVERS.values():
        import_module(module)
    for name in ("account", "container", "object"):
        build_ring(etc, name)
    main_pid, servers = os.getpid(), dict[int, str]()
    try:
        for name in SERVERS:
            pid = os.fork()
            if pid == 0:
                servers.clear()  # its siblings are not the child's to stop
                serve(etc, name, node=main_pid)
            servers[pid] = name
        wait_until_ready(etc, servers)
        print("ready", flush=True)
        ended, _ = os.wait()
        raise SystemExit(f"the {servers.pop(ended)} server ended")
    finally:
        for pid in servers:
            os.kill(pid, signal.SIGKILL)  # nothing of theirs outlives the test
        for pid in servers:
            os.waitpid(pid, 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    die_with(int(sys.argv[2]), signal.SIGTERM)
    main(Path(sys.argv[1]) / "etc")
