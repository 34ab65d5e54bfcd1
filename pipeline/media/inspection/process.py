"""One inspection process, seen from its worker."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Self

from pipeline.errors import OutputUninspectable, OutputUnreachable
from pipeline.media.inspection.frames import LENGTHS, frame_start, read_head, read_lengths
from pipeline.media.inspection.limits import Limits, Task

START_SECONDS: Final = 30.0
LEAVES_SECONDS: Final = 2.0
"""How long a process that has closed its line may take to be gone; its exit code says what has ended it."""
_ROOT: Final = str(Path(__file__).parents[3])
_PROGRAM: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from pipeline.media.inspection.child import main; main()"
)


class EndedFromOutside(OutputUninspectable):
    """Somebody has killed the process, or the system has for want of memory: it need not be the picture's doing."""


class InspectionProcess:
    """A process that looks at one picture at a time. Not to be used again once `spent`."""

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self._process = process
        self._line = line
        self.spent = False

    @classmethod
    async def start(cls) -> Self:
        """A process that is ready. Raises OutputUnreachable, as for anything that may be better later, when none is."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        beginning = asyncio.ensure_future(asyncio.to_thread(_begin, theirs))
        try:
            process = await asyncio.shield(beginning)
        except OSError as error:
            ours.close()
            raise OutputUnreachable(f"No process can be started to look at the output ({error}).") from error
        except asyncio.CancelledError:
            await cls(await beginning, ours).end()
            raise
        started = cls(process, ours)
        try:
            async with asyncio.timeout(START_SECONDS):
                await started._receive()
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            code = await started.end(LEAVES_SECONDS)
            raise OutputUnreachable(
                f"A process that looks at outputs ended as it began (code {code}); see the worker's log."
            ) from error
        except BaseException:
            await started.end()
            raise
        return started

    def alive(self) -> bool:
        """Whether the process is there."""
        return not self.spent and self._process.poll() is None

    async def ask(self, task: Task, data: bytes, subject: str, limits: Limits) -> tuple[dict[str, Any], bytes]:
        """What the process answers about a picture.

        Raises OutputUninspectable when the picture ends the process or passes a limit. Whatever is raised, this process
        is ended and spent.
        """
        cpu_seconds, memory = limits.cpu_seconds_for(task), limits.memory_for(task)
        try:
            async with asyncio.timeout(limits.deadline_seconds):
                loop = asyncio.get_running_loop()
                head = {"task": task, "subject": subject, "cpu_seconds": cpu_seconds, "memory": memory}
                await loop.sock_sendall(self._line, frame_start(head, data))
                await loop.sock_sendall(self._line, data)
                answer, body = await self._receive()
        except TimeoutError as error:
            await self.end()
            raise OutputUninspectable(f"{subject} took more than {limits.deadline_seconds:g} s to look at.") from error
        except (OSError, EOFError, ValueError) as error:
            code = await self.end(LEAVES_SECONDS)
            kind = EndedFromOutside if code == -signal.SIGKILL else OutputUninspectable
            raise kind(f"{subject} ended the process that looked at it: it {_cause(code, cpu_seconds)}.") from error
        except BaseException:
            await self.end()
            raise
        if answer.get("last"):
            await self.end()
        if answer.get("exhausted"):
            raise OutputUninspectable(f"{subject} takes more than {memory // 2**20} MB of memory to look at.")
        return answer, body

    async def end(self, patience: float = 0) -> int:
        """End the process, unless it does so by itself within `patience` seconds, and leave nothing of it behind.

        Returns its exit code as Popen gives it: negative for a signal.
        """
        self.spent = True
        self._line.close()
        return await asyncio.shield(asyncio.to_thread(self._reap, patience))

    def _reap(self, patience: float) -> int:
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    async def _receive(self) -> tuple[dict[str, Any], bytes]:
        lengths = read_lengths(await self._read(LENGTHS.size))
        return read_head(await self._read(lengths[0])), await self._read(lengths[1])

    async def _read(self, length: int) -> bytes:
        loop = asyncio.get_running_loop()
        data = bytearray(length)
        view, filled = memoryview(data), 0
        while filled < length:
            if not (received := await loop.sock_recv_into(self._line, view[filled:])):
                raise EOFError
            filled += received
        return bytes(data)


def _begin(line: socket.socket) -> subprocess.Popen[bytes]:
    """Begin a process whose standard input is `line`, which is closed here.

    A new interpreter, not a fork of this one, whose threads may hold locks. Its own session: what is typed at the
    worker's terminal is not for it. Without an environment it knows no credentials.
    """
    with line:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, _ROOT],
            stdin=line.fileno(),
            stdout=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )


def _cause(code: int, cpu_seconds: int) -> str:
    """What an exit code says, as the end of a sentence about a process."""
    if code >= 0:
        return f"ended with code {code}; the worker's log says more"
    match signal.Signals(-code):
        case signal.SIGXCPU:
            return f"took more than {cpu_seconds} s of the processor"
        case signal.SIGKILL:
            return "was killed, perhaps for want of memory"
        case other:
            return f"was ended by {other.name}"
