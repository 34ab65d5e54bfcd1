"""Installs a hash-pinned lock into a virtual environment: with uv, and with pip when uv cannot."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

UV_PIN = Path(__file__).parent / "uv-requirements.txt"

_WORD_SECONDS = 5.0
"""How often a long step says that it is still at it."""

# uv brings its own certificates and interpreters unless told otherwise; pip reads PIP_USER for a venv, too.
_ENVIRONMENT = {
    "UV_SYSTEM_CERTS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "PIP_USER": "0",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
}


class Failed(Exception):
    """A step went wrong; the message says what to do."""


def install(python: Path, lock: Path, project: Path | None) -> None:
    """Install `lock`, and `project` (editable), into the environment of `python`. Raises Failed."""
    packages = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    what = f"{packages} packages of {lock.name}"
    try:
        uv = _uv(python)
        # Compiled now, as pip does it: else every process of the first start compiles the same files by itself.
        target = ["--python", str(python), "--quiet", "--compile-bytecode"]
        run(f"installing {what} with uv", [uv, "pip", "install", *target, "--require-hashes", "-r", str(lock)])
        if project:
            run("installing darkroom", [uv, "pip", "install", *target, *_editable(project)])
    except Failed as reason:
        # uv reads neither pip.conf nor keyrings, so a mirror that pip knows can be out of its reach.
        say(f"{reason}\nuv could not do it; trying pip, which is slower")
        pip = [*_pip(python), "install", "--quiet"]
        run(f"installing {what} with pip", [*pip, "--require-hashes", "-r", str(lock)], _INDEX_ADVICE)
        if project:
            run("installing darkroom", [*pip, *_editable(project)])


def make_venv(folder: Path) -> None:
    """Make an empty virtual environment with this Python. Raises Failed."""
    python = str(folder / "bin" / "python")
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    run(f"making {folder.name} with Python {sys.version.split()[0]}", command, _VENV_ADVICE)
    # This Python's pip can fill it, and saves a second one (3 s). Debian has neither that nor ensurepip unasked.
    if _works([*_outer_pip(Path(python)), "--version"]):
        return
    run("installing pip", [python, "-m", "ensurepip", "--default-pip"], _VENV_ADVICE)


def run(what: str, command: Sequence[str], advice: str = "", *, cwd: Path | None = None, **env: str) -> None:
    """Run one step of the work, `env` added to its environment, and say how it goes. Raises Failed, with `advice`."""
    begun = time.monotonic()
    say(what)
    try:
        step = subprocess.Popen(
            command,
            env={**os.environ, **_ENVIRONMENT, **env},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as reason:
        raise Failed(f"{command[0]} cannot be run: {reason}. {advice}") from reason
    with step:
        while True:
            try:
                output, _ = step.communicate(timeout=_WORD_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say(f"still {what} ({time.monotonic() - begun:.0f} s)")
    if step.returncode:
        tail = "\n".join(output.splitlines()[-20:])
        raise Failed(f"{what} failed (exit code {step.returncode}):\n{tail}\n{advice}".rstrip())
    say(f"done in {time.monotonic() - begun:.1f} s")


def say(text: str) -> None:
    """A line of progress."""
    sys.stdout.write(f"bootstrap | {text}\n")
    sys.stdout.flush()


_INDEX_ADVICE = (
    "Darkroom installs from a Python package index: is the network up? Behind a proxy or with a mirror, tell pip about "
    "it (https_proxy, PIP_INDEX_URL, pip.conf) and start again."
)
_VENV_ADVICE = (
    "Install this Python's venv and pip (on Debian and Ubuntu: apt install python3-venv python3-pip) and start again."
)


def _uv(python: Path) -> str:
    """The pinned uv, in the environment's own folder of programs."""
    run("installing uv", [*_pip(python), "install", "--quiet", "--require-hashes", "-r", str(UV_PIN)])
    return str(python.parent / "uv")


def _pip(python: Path) -> list[str]:
    inner = [str(python), "-m", "pip"]
    return inner if _works([*inner, "--version"]) else _outer_pip(python)


def _outer_pip(python: Path) -> list[str]:
    return [sys.executable, "-m", "pip", "--python", str(python)]  # pip 22.3 and newer


def _works(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def _editable(project: Path) -> list[str]:
    # setuptools is in the lock: nothing that no hash pins is fetched to build with.
    return ["--no-deps", "--no-build-isolation", "-e", str(project)]
