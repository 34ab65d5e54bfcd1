"""What one inspection may take, and how its process holds itself to that."""

import math
import resource
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
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
    """Of the processor. The heaviest good picture takes three: a drawing of 8 MB, a source of 40 megapixels."""
    deadline_seconds: float = 60.0
    """By the clock, however busy the machine is."""


MEMORY: Final = MappingProxyType({Task.EXAMINE: 512 * 2**20, Task.CLEAN: 512 * 2**20, Task.SHRINK: 1024 * 2**20})
"""Bytes of address space; an idle process has 100 MB of it and some 25 MB in memory."""
SETTLED: Final = 128 * 2**20
"""Bytes of memory; a process that ever had more ends after its answer, so that the next picture has what it needs."""

MAX_DECODED_PIXELS: Final = 40_000_000
"""Of a picture that is decoded: some 160 MB, and three times that for WebP, whose decoder keeps canvases."""
MAX_SENT_BYTES: Final = 256 * 1024
"""What a source picture is made smaller to, for a data: address. Source: Replicate's guide to input files."""


def limit_next(task: Task, cpu_seconds: int) -> None:
    """Let this process use as much processor and memory as one picture may, from now on.

    The processor's limit ends it by SIGXCPU. Elsewhere than on Linux a limit of memory is not to be had.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + cpu_seconds, hard))
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY[task], hard))


def has_grown() -> bool:
    """Whether this process has had more memory than it should keep. ru_maxrss is in kB, on macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) > SETTLED
