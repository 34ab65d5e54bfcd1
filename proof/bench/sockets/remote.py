"""The other end of a helping process: what it can do is called from here. See obey.py for what is said."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGTERM
from typing import Any

import orjson
import psutil

from pipeline.embedded.child import cause
from pipeline.embedded.leash import leashed
from proof.bench.failure import BenchFailed
from proof.surroundings import surroundings


class Remote:
    """A process that does one thing after the other."""

    def __init__(self, module: str, process: "subprocess.Popen[bytes]") -> None:
        self._module = module
        self._process = process

    @property
    def process(self) -> psutil.Process:
        """The process itself."""
        return psutil.Process(self._process.pid)

    def call(self, verb: str, **given: Any) -> Any:
        """Have it do `verb`, and wait for what that gives. Raises BenchFailed when it could not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Should it have ended, its last line or its exit code says why.
        with suppress(BrokenPipeError):
            self._process.stdin.write(orjson.dumps({"verb": verb, "given": given}) + b"\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise BenchFailed(f"{self._module} ended before its time ({cause(self._process.wait())})")
        said = orjson.loads(line)
        if "failed" in said:
            raise BenchFailed(f"{self._module}, {verb}: {said['failed']}")
        return said["gave"]


@contextmanager
def remote(module: str, folder: Path, **env: str) -> Iterator[Remote]:
    """`python -m module` in `folder`, with the settings `env`; ended at the end."""
    process = subprocess.Popen(
        leashed([sys.executable, "-m", module], SIGTERM),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        env=surroundings(**env),
    )
    try:
        yield Remote(module, process)
    finally:
        process.kill()
        process.communicate()
