"""The rig: a gateway by itself, a process that commits transitions, and one that listens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from proof.bench.cpu import Reading, own_cpu, read_cpu
from proof.bench.failure import BenchFailed
from proof.bench.sockets.open_files import allow_sockets
from proof.bench.sockets.remote import Remote, remote
from proof.hosting import Hosted, hosted

WEBSOCKET = "/v1/ws"
NOBODY = "http://127.0.0.1:9"
"""Where no provider is. Without one named, Replicate's rate would hold the writer back."""


@dataclass(frozen=True)
class Rig:
    """All that a bench of the gateway takes."""

    darkroom: Hosted
    writer: Remote
    audience: Remote

    def open(self, keys: list[str], count: int) -> None:
        """Open `count` more of the audience's sockets at the gateway, with these keys in turn."""
        self.audience.call("open", url=self.darkroom.url, path=WEBSOCKET, keys=keys, count=count)

    def read_cpu(self) -> Reading:
        """CPU seconds of every process of the rig, as proof.bench.cpu has them."""
        helpers = {"writer": self.writer.process, "audience": self.audience.process}
        ours = {(name, process.pid): own_cpu(process) for name, process in helpers.items()}
        return {**read_cpu(self.darkroom), **ours}

    @property
    def gateway(self) -> psutil.Process:
        """The web process."""
        return psutil.Process(self.darkroom.pids()["web"])


@contextmanager
def rigged(sockets: int) -> Iterator[Rig]:
    """A fresh one, for so many sockets at a time. Raises BenchFailed when it does not start."""
    allow_sockets(sockets)
    gateway = hosted(
        workers=0, failure=BenchFailed, prefix="darkroom-bench-", MAX_PARALLEL_JOBS="100000", REPLICATE_API_URL=NOBODY
    )
    with (
        gateway as darkroom,
        remote(
            "proof.bench.sockets.writer",
            darkroom.home,
            DATABASE_URL=darkroom.database_url,
            DARKROOM_HOME=str(darkroom.home),
        ) as writer,
        remote("proof.bench.sockets.audience", darkroom.home) as audience,
    ):
        yield Rig(darkroom, writer, audience)
