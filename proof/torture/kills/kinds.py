"""The table of kills: what each kind does to the running Darkroom."""

from collections.abc import Callable, Coroutine
from random import Random

from proof.torture.darkroom import Darkroom
from proof.torture.kills import freezing, processes, servers

Kill = Callable[[Darkroom, Random], Coroutine[None, None, None]]
"""Returns when what it hit runs again."""

KINDS: dict[str, Kill] = {
    "worker": processes.kill_worker,
    "web": processes.kill_web,
    "clock": processes.kill_clock,
    "painter": processes.kill_painter,
    "valkey-flush": servers.flush_valkey,
    "valkey-lost": servers.lose_valkey,
    "listener": servers.end_listener,
    "postgres": servers.stop_postgres,
    "freeze": freezing.freeze_worker,
}
