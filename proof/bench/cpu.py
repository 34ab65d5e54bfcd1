"""CPU time, process by process."""

from collections.abc import Mapping

import psutil

from proof.bench.failure import BenchFailed
from proof.hosting import Hosted

SUPERVISOR = "supervisor"
NOT_OURS = frozenset({"painter", "driver", "audience"})
"""What stands in for the outside world: counted, but not as Darkroom's."""

Reading = Mapping[tuple[str, int], float]
"""CPU seconds since its start, by name and pid."""


def read_cpu(darkroom: Hosted) -> Reading:
    """CPU seconds of every process of the stack: user and system, with its children, gone ones too.

    Kernel threads (writing back, the network) are nobody's and not in it.
    """
    reading = {(name, pid): _with_children(psutil.Process(pid)) for name, pid in darkroom.pids().items()}
    supervisor = darkroom.process.pid
    # The supervisor's children are all the others.
    reading[SUPERVISOR, supervisor] = own_cpu(psutil.Process(supervisor))
    return reading


def own_cpu(process: psutil.Process) -> float:
    """CPU seconds of one process, without its children's."""
    times = process.cpu_times()
    return times.user + times.system


def cpu_between(before: Reading, after: Reading) -> dict[str, float]:
    """CPU seconds by name. Raises BenchFailed when a process was started anew meanwhile."""
    if before.keys() != after.keys():
        raise BenchFailed(f"processes came or went during the run: {sorted(before.keys() ^ after.keys())}")
    return {name: after[name, pid] - spent for (name, pid), spent in before.items()}


def _with_children(process: psutil.Process) -> float:
    # A child that ends between the two reads would be counted neither here nor there: its parent comes last.
    living = sum(_alive(child) for child in process.children(recursive=True))
    times = process.cpu_times()
    return living + times.user + times.system + times.children_user + times.children_system


def _alive(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # its parent has it by now
    return times.user + times.system + times.children_user + times.children_system
