"""Loopback ports: is one free, and if not, who has it."""

import errno
import random
import socket

import psutil

from pipeline.embedded.errors import CannotStart

LOOPBACK = "127.0.0.1"
QUIET = range(10_000, 32_000)
"""Below those that systems give to outgoing connections: one of these is still free when its server gets to it."""


def demand(port: int, variable: str) -> None:
    """Raise CannotStart, naming the holder when it can be told, unless `port` can be listened on."""
    refusal = _refusal(port)
    if refusal is None:
        return
    if refusal == errno.EADDRINUSE:
        problem = f"Port {port} is taken{_by(port)}."
    else:
        problem = f"This user may not listen on port {port}."
    raise CannotStart(f"{problem} Choose another: {variable}={_next_free(port)} make up")


def free_port(preferred: int, besides: int) -> int:
    """`preferred` when it can be listened on, else any other free port; never `besides`."""
    if preferred <= 65535 and preferred != besides and _refusal(preferred) is None:
        return preferred
    return any_free_port(besides)


def any_free_port(*besides: int) -> int:
    """Any port that can be listened on but `besides`."""
    while True:
        port = random.choice(QUIET)
        if port not in besides and _refusal(port) is None:
            return port


def _next_free(taken: int) -> int:
    candidates = range(max(taken + 1, 1024), 65536)
    # The painter takes the port after web's.
    pairs = (port for port in candidates if _refusal(port) is None and _refusal(port + 1) is None)
    return next(pairs, 8000)


def _refusal(port: int) -> int | None:
    """The errno that listening on `port` gives, None when it works."""
    if port > 65535:
        return errno.EADDRINUSE
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT does not count
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as refused:
            return refused.errno
    return None


def _by(port: int) -> str:
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pid = next((c.pid for c in listening if c.laddr and c.laddr.port == port and c.pid), None)
        if pid is None:
            return ""
        command = " ".join(psutil.Process(pid).cmdline())[:100]
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return ""  # macOS tells root only
    return f" by pid {pid} ({command})"
