"""Open files: a socket is one, at either end, and a process may hold only so many."""

import resource

from proof.bench.failure import BenchFailed

BESIDES = 500
"""What a process holds open beside its sockets."""


def allow_sockets(count: int) -> None:
    """Let this process, and those that it starts, hold `count` sockets each. Raises BenchFailed when they may not."""
    needed = count + BESIDES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchFailed(
            f"{count:,} sockets need {needed:,} open files a process, and this one may have {hard:,}: "
            f"raise the hard limit (`ulimit -Hn`), or ask for fewer with --sockets"
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
