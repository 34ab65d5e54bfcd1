"""The bare server: a process with websockets as Starlette has them, and nothing of ours behind them."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

import psutil

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.leash import leashed
from pipeline.embedded.ports import LOOPBACK, any_free_port
from pipeline.embedded.readiness import web_ready
from proof.bench.failure import BenchFailed
from proof.surroundings import surroundings

START_SECONDS = 30.0


@contextmanager
def bare_server(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Its address and its process, while the context lasts. Raises BenchFailed when it does not start."""
    port = any_free_port()
    process = subprocess.Popen(
        leashed([sys.executable, "-m", "api.bare", str(port)], SIGTERM), cwd=folder, env=surroundings()
    )
    try:
        asyncio.run(web_ready(LOOPBACK, port, START_SECONDS))
        yield f"http://{LOOPBACK}:{port}", psutil.Process(process.pid)
    except CannotStart as reason:
        raise BenchFailed(str(reason)) from None
    finally:
        process.kill()
        process.wait()
