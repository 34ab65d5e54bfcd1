"""One running process in a session of its own."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from signal import SIGKILL, Signals

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.leash import leashed
from pipeline.embedded.lines import Lines
from pipeline.embedded.program import Program
from pipeline.embedded.strays import kill_strays


class Child:
    """A program that was started. Whoever spawns it waits for its end."""

    def __init__(self, program: Program, process: Process, lines: Lines, pipe: asyncio.ReadTransport) -> None:
        self._program = program
        self._process = process
        self._lines = lines
        self._pipe = pipe
        self.pid = process.pid
        self.started = asyncio.get_running_loop().time()

    @property
    def last_lines(self) -> str:
        """The end of its output."""
        return "\n".join(self._lines.last)

    def stop(self) -> None:
        """Ask the process, and it alone, to end: its children are its own to end."""
        if self._process.returncode is None:
            self._process.send_signal(self._program.stop_signal)

    def kill(self) -> None:
        """End the process and its whole group at once."""
        try:
            os.killpg(self.pid, SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # nobody is left in it; macOS says "not permitted" of a group of zombies

    async def ended(self) -> int:
        """Wait for its end, end whatever it left behind, and give its exit code (negative: the signal)."""
        code = await self._process.wait()
        self.kill()
        await asyncio.to_thread(kill_strays, self._program.strays)
        try:
            async with asyncio.timeout(1):
                await self._lines.closed.wait()
        except TimeoutError:
            self._pipe.close()  # a process that left the group still holds its output
        return code


async def spawn(program: Program, heard: Callable[[str], None]) -> Child:
    """Start a program; `heard` gets every line of its output. Raises CannotStart when it cannot be run."""
    await asyncio.to_thread(program.prepare)
    command = [
        *program.ordinary.prefix,
        *leashed(program.command, program.stop_signal, program.ordinary.owner),
    ]
    # asyncio's own pipes would keep wait() from returning while a grandchild holds them.
    read_end, write_end = os.pipe()
    loop = asyncio.get_running_loop()
    pipe, lines = await loop.connect_read_pipe(lambda: Lines(heard), os.fdopen(read_end, "rb", buffering=0))
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=write_end,
            stderr=write_end,
            cwd=program.cwd,
            env=dict(program.env),
            start_new_session=True,
        )
    except OSError as reason:
        pipe.close()
        raise CannotStart(f"{program.name} cannot be started: {reason}") from reason
    finally:
        os.close(write_end)
    return Child(program, process, lines, pipe)


async def run_once(program: Program, heard: Callable[[str], None]) -> None:
    """Run a program to its end. Raises CannotStart, with the end of its output, when it fails."""
    child = await spawn(program, heard)
    try:
        code = await child.ended()
    finally:
        child.kill()  # we may have been cancelled
        await child.ended()
    if code:
        raise CannotStart(f"{program.name} failed ({cause(code)}). The last it wrote:\n{child.last_lines}")


def cause(code: int) -> str:
    """An exit code in words."""
    return f"killed by {Signals(-code).name}" if code < 0 else f"exit code {code}"
