"""Benches run in small, as `make bench` runs them."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from subprocess import PIPE
from typing import Any

import orjson


def run_benches(options: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """The JSON of each bench with its options, run beside each other because each first starts a whole Darkroom."""
    commands = {
        only: [sys.executable, "-m", "proof.bench", "--json", "--only", only, *given] for only, given in options.items()
    }
    runs = {only: subprocess.Popen(command, stdout=PIPE, stderr=PIPE) for only, command in commands.items()}
    said = {only: run.communicate() for only, run in runs.items()}
    for only, run in runs.items():
        assert run.returncode == 0, said[only][1].decode()
    return {only: orjson.loads(out) for only, (out, _) in said.items()}
