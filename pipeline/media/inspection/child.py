"""An inspection process: takes one picture after the other from its standard input, a socket, and answers there.

It ends when the other end of that socket is closed, in whatever way the worker has ended; a signal to the worker's
group does not end it in the midst of a picture, which would be blamed. It has no environment, and nothing to lose.
"""

import os
import resource
import select
import signal
import socket
import sys
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.media.inspection.frames import LENGTHS, frame_start, read_head, read_lengths
from pipeline.media.inspection.limits import Task, has_grown, limit_next
from pipeline.media.inspection.work import perform


def main() -> None:
    """Serve until the worker is gone."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What Pillow warns of (odd EXIF, for one) belongs to strangers' pictures, and would fill the worker's log.
    warnings.simplefilter("ignore")
    _volunteer()
    with socket.socket(fileno=sys.stdin.fileno()) as line:
        threading.Thread(target=_end_with_worker, args=(line.fileno(),), daemon=True).start()
        _send(line, {}, b"")  # it is ready
        while (asked := _receive(line)) is not None:
            head, data = asked
            task = Task(head["task"])
            limit_next(head["cpu_seconds"], head["memory"])
            try:
                answer, body = perform(task, data, head["subject"])
            except MemoryError:
                answer, body = {"exhausted": True}, b""
            answer["last"] = has_grown() or "exhausted" in answer
            _send(line, answer, body)
            if answer["last"]:
                return


def _volunteer() -> None:
    """Where memory runs out, this process should be ended and not its worker (Linux; proc(5))."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _end_with_worker(line: int) -> None:
    """Wait for the line's other end to be closed, also while a picture is looked at, and end at once."""
    poll = select.poll()
    poll.register(line, 0)  # a hang-up is always reported
    poll.poll()
    os._exit(0)


def _receive(line: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    """The next frame; None when there will be none."""
    start = _read(line, LENGTHS.size)
    if start is None:
        return None
    lengths = read_lengths(start)
    head, body = _read(line, lengths[0]), _read(line, lengths[1])
    return None if head is None or body is None else (read_head(head), body)


def _read(line: socket.socket, length: int) -> bytes | None:
    data = bytearray(length)
    view, filled = memoryview(data), 0
    while filled < length:
        if not (received := line.recv_into(view[filled:])):
            return None
        filled += received
    return bytes(data)


def _send(line: socket.socket, head: dict[str, Any], body: bytes) -> None:
    line.sendall(frame_start(head, body))
    line.sendall(body)
