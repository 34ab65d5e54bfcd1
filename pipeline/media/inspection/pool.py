"""The inspection processes of one worker: at most two, started when a picture takes one, replaced when it ends one."""

import asyncio
from typing import Any, Final, Self

from pipeline.errors import OutputBroken, OutputUninspectable, OutputUnreachable
from pipeline.media.inspection.limits import Limits, Task
from pipeline.media.inspection.process import EndedFromOutside, InspectionProcess
from pipeline.media.picture import MAX_BYTES, Picture, examine_quickly
from pipeline.media.prolog import is_svg

PROCESSES: Final = 2
WAIT_SECONDS: Final = 240.0
"""How long a picture waits for a process to be free, in line with the others."""


class InspectionPool:
    """Looks at pictures for one event loop. A context manager: nothing of it is left when it closes."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._places = asyncio.Semaphore(PROCESSES)
        # A decoder may take a gigabyte and seconds: the other process is left to drawings and outputs.
        self._decoding = asyncio.Semaphore(1)
        self._idle: list[InspectionProcess] = []
        self._closed = False
        self.busy = 0
        """How many processes have a picture now."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().end()

    async def examine(self, data: bytes, subject: str = "The output") -> tuple[Picture, bytes]:
        """What is known of a picture, and the bytes to keep of it: its own, or the clean ones of a drawing.

        Ordinary PNG, JPEG, WebP and GIF pictures are examined in line. Raises OutputBroken about `subject`, its
        subclass OutputUninspectable when the picture ends its process, OutputUnreachable when no process is to be had.
        """
        if len(data) <= MAX_BYTES and is_svg(data):
            answer, data = await self._run(Task.CLEAN, data, subject)
        elif quick := examine_quickly(data, subject):
            return quick, data
        else:
            answer, _ = await self._run(Task.EXAMINE, data, subject)
        try:
            return Picture(**answer["picture"]), data
        except (KeyError, TypeError) as error:
            raise OutputUninspectable(f"{subject} made the process that looked at it answer nonsense.") from error

    async def shrink(self, data: bytes, subject: str = "The output") -> bytes:
        """A PNG, JPEG, WebP or GIF picture, which has been examined, as a WebP picture that is small enough to send.

        Raises as `examine` does.
        """
        _, smaller = await self._run(Task.SHRINK, data, subject)
        return smaller

    async def _run(self, task: Task, data: bytes, subject: str) -> tuple[dict[str, Any], bytes]:
        places = [self._decoding, self._places] if task is Task.SHRINK else [self._places]
        taken = []
        try:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    for place in places:
                        await place.acquire()
                        taken.append(place)
            except TimeoutError as error:
                raise OutputUnreachable(
                    f"No process was free within {WAIT_SECONDS:g} s to look at {subject}."
                ) from error
            answer, body = await self._ask(task, data, subject)
        finally:
            for place in reversed(taken):
                place.release()
        if "broken" in answer:
            raise OutputBroken(str(answer["broken"]))
        return answer, body

    async def _ask(self, task: Task, data: bytes, subject: str) -> tuple[dict[str, Any], bytes]:
        try:
            return await self._ask_once(task, data, subject)
        except EndedFromOutside:
            # A picture that was paid for is not lost to a machine that was short of memory for a moment.
            return await self._ask_once(task, data, subject)

    async def _ask_once(self, task: Task, data: bytes, subject: str) -> tuple[dict[str, Any], bytes]:
        process = await self._ready_process()
        self.busy += 1
        try:
            answer = await process.ask(task, data, subject, self._limits)
        finally:
            self.busy -= 1
        if self._closed:
            await process.end()
        elif not process.spent:
            self._idle.append(process)
        return answer

    async def _ready_process(self) -> InspectionProcess:
        while self._idle:
            process = self._idle.pop()
            if process.alive():
                return process
            await process.end()
        return await InspectionProcess.start()
