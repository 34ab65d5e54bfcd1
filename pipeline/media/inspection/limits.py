"""What one inspection may take, and how its process holds itself to that."""

import math
import resource
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final


class Task(StrEnum):
    """What an inspection process does with a picture."""

    EXAMINE = "examine"
    CLEAN = "clean"
    SHRINK = "shrink"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may take."""

    cpu_seconds: int = 10
    """Of the processor. The heaviest good picture takes three, a drawing of 8 MB."""
    decoding_cpu_seconds: int = 6
    """The same for what decodes a picture; one of 40 megapixels takes up to three. Less than a source may take in all:
    one that is refused for it is not fetched again, one that was only late would be."""
    deadline_seconds: float = 60.0
    """By the clock, however busy the machine is."""
    memory: int = 512 * 2**20
    """Bytes of address space; an idle process has 100 MB of it and some 25 MB in memory."""
    decoding_memory: int = 1024 * 2**20
    """The same for what decodes a picture: one of 40 megapixels takes up to 700 MB."""

    def cpu_seconds_for(self, task: Task) -> int:
        """Seconds of the processor for a task."""
        return self.decoding_cpu_seconds if task is Task.SHRINK else self.cpu_seconds

    def memory_for(self, task: Task) -> int:
        """Bytes of address space for a task."""
        return self.decoding_memory if task is Task.SHRINK else self.memory


SETTLED: Final = 96 * 2**20
"""Bytes of memory; a process that keeps more ends after its answer, so that the next picture has what it needs."""
MAX_DECODED_PIXELS: Final = 40_000_000
"""Of a picture that is decoded: some 160 MB, and three times that for WebP, whose decoder keeps canvases."""
MAX_SENT_BYTES: Final = 256 * 1024
"""What a source picture is made smaller to, for a data: address. Source: Replicate's guide to input files."""


def limit_next(cpu_seconds: int, memory: int) -> None:
    """Let this process use so much more of the processor, and so much memory, from now on.

    The processor's limit ends it by SIGXCPU. Elsewhere than on Linux a limit of memory is not to be had.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + cpu_seconds, hard))
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (memory, hard))


def has_grown() -> bool:
    """Whether this process keeps more memory than it should (Linux; proc(5), statm).

    Not by ru_maxrss, which a new program takes over from the process that began it.
    """
    if sys.platform != "linux":
        return False
    resident = int(Path("/proc/self/statm").read_text().split()[1])
    return resident * resource.getpagesize() > SETTLED
