"""Keeps processes running: starts a dead one again, and gives up when one dies again and again."""

import asyncio
import json
from collections import deque
from pathlib import Path
from typing import NoReturn

from pipeline.embedded.child import Child, cause, spawn
from pipeline.embedded.errors import GaveUp
from pipeline.embedded.program import Program
from pipeline.embedded.voice import Voice

FIRST_DELAY = 0.2
LONGEST_DELAY = 5.0
HEALTHY_SECONDS = 10.0
"""A process that ran this long starts again after the first delay."""
TOO_MANY_EXITS = 5
WITHIN_SECONDS = 30.0


class Supervisor:
    """The running processes by their names. All methods are for the event loop that made it."""

    def __init__(self, voice: Voice, pids_file: Path) -> None:
        self._voice = voice
        self._pids_file = pids_file
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._servers: set[str] = set()
        self._stopping = asyncio.Event()
        self._pids_changed = asyncio.Event()
        self._gave_up: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()

    async def start(self, program: Program) -> None:
        """Start a program and keep it running. Raises CannotStart when it cannot be run at all."""
        child = await self._spawn(program)
        keeper = asyncio.create_task(self._keep(program, child))
        keeper.add_done_callback(self._kept)
        self._keepers[program.name] = keeper
        if program.server:
            self._servers.add(program.name)

    async def failure(self) -> NoReturn:
        """Wait until it gives up. Raises GaveUp, which says why."""
        await asyncio.shield(self._gave_up)
        raise AssertionError("a failure is always an exception")

    def pid_of(self, name: str) -> int:
        """The process's pid now. Raises KeyError while there is none."""
        return self._children[name].pid

    async def successor_of(self, name: str, pid: int) -> int:
        """Wait until `name` runs with another pid than `pid`, and give it."""
        while name not in self._children or self.pid_of(name) == pid:
            await self._pids_changed.wait()
        return self.pid_of(name)

    async def stop(self, clients_within: float, all_within: float) -> None:
        """End every process, servers after their clients. Deadlines in seconds from now; who is late gets SIGKILL."""
        self._stopping.set()
        begun = asyncio.get_running_loop().time()
        await self._end([name for name in self._keepers if name not in self._servers], begun + clients_within)
        await self._end(list(self._servers), begun + all_within)
        self._pids_file.unlink(missing_ok=True)

    async def _end(self, names: list[str], deadline: float) -> None:
        for name in names:
            if name in self._children:
                self._children[name].stop()
        keepers = [self._keepers[name] for name in names]
        if not keepers:
            return
        await asyncio.wait(keepers, timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
        for name in names:
            if name in self._children:
                self._voice.say(f"{name} did not stop in time and is killed")
                self._children[name].kill()
        await asyncio.wait(keepers)

    async def _spawn(self, program: Program) -> Child:
        def heard(line: str) -> None:
            if program.shown(line):
                self._voice.line(program.name, line)

        child = await spawn(program, heard)
        # From here on nothing may await: a cancelled start must not leave a child that nobody keeps.
        if self._stopping.is_set():  # stop() was called meanwhile and has not seen it
            child.stop()
        self._children[program.name] = child
        self._publish()
        return child

    async def _keep(self, program: Program, child: Child) -> None:
        loop = asyncio.get_running_loop()
        exits: deque[float] = deque(maxlen=TOO_MANY_EXITS)
        delay = FIRST_DELAY
        while True:
            code = await child.ended()
            del self._children[program.name]
            self._publish()
            if self._stopping.is_set():
                return
            exits.append(loop.time())
            if len(exits) == TOO_MANY_EXITS and exits[-1] - exits[0] <= WITHIN_SECONDS:
                raise GaveUp(
                    f"{program.name} ended {TOO_MANY_EXITS} times within {exits[-1] - exits[0]:.0f} s, at last by "
                    f"{cause(code)}; stopping everything. The last it wrote:\n{child.last_lines}"
                )
            if exits[-1] - child.started >= HEALTHY_SECONDS:
                delay = FIRST_DELAY
            self._voice.problem(f"{program.name} ended ({cause(code)}); starting it again in {delay:g} s")
            if await self._stopped_within(delay):
                return
            delay = min(2 * delay, LONGEST_DELAY)
            child = await self._spawn(program)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    def _kept(self, keeper: asyncio.Task[None]) -> None:
        reason = None if keeper.cancelled() else keeper.exception()
        if reason is not None and not self._gave_up.done():
            self._gave_up.set_exception(reason)
            self._gave_up.exception()  # seen, even when nobody waits for failure()

    def _publish(self) -> None:
        """Write the pids for whoever wants to kill one, and wake who waits for a new one."""
        pids = {name: child.pid for name, child in self._children.items()}
        fresh = self._pids_file.with_suffix(".new")
        fresh.write_text(json.dumps(pids) + "\n")
        fresh.replace(self._pids_file)
        self._pids_changed.set()
        self._pids_changed = asyncio.Event()
