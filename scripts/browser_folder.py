"""The folder `.browser`: TypeScript, and where a Chromium is. The machine's own, Debian's package, or npm's."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from install import Failed, run, say

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_ADVICE = "Install Chromium or Google Chrome so that it is on PATH, and start again."
_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")

# The package unpacks into the folder for temporary files. Its libraries are for machines that lack them, as slim
# containers do; unless it runs at the host that it was made for, it has to be asked for them.
_UNPACK = """
import chromium, { inflate } from "@sparticuz/chromium";
await chromium.executablePath();
await inflate("node_modules/@sparticuz/chromium/bin/al2023.tar.br");
"""
_LAUNCHER = """#!/bin/sh
export LD_LIBRARY_PATH="{folder}/al2023/lib" FONTCONFIG_FILE="{folder}/fonts.conf"
exec "{folder}/chromium" "$@"
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{folder}/font-cache</cachedir></fontconfig>
"""


class BrowserFolder:
    """`folder` has a file `path`, which says where the browser is, and TypeScript in `node_modules`."""

    def __init__(self, folder: Path, lock: Path, programs: Path) -> None:
        """`lock` is the folder of package.json and package-lock.json, `programs` the one of node and npm."""
        self._folder = folder
        self._lock = [lock / "package.json", lock / "package-lock.json"]
        self._programs = programs
        self._stamp = folder / ".bootstrapped"
        self._path = folder / "path"
        self._unpacked = folder / "chromium"

    def make(self, *, own: bool) -> None:
        """Bring it in line with the lock; nothing when it is. `own`: the machine's browser will do. Raises Failed."""
        if self._is_made(own):
            return
        browser = self._browser_of_machine() if own else None
        self._folder.mkdir(exist_ok=True)
        self._stamp.unlink(missing_ok=True)
        for file in self._lock:
            shutil.copy(file, self._folder)
        what = "TypeScript" if browser else "TypeScript and Chromium"
        omitted = ["--omit=dev"] if browser else []
        run(f"installing {what} with npm", [self._program("npm"), *_CI, *omitted], cwd=self._folder)
        self._path.write_text(str(browser or self._unpack()))
        self._stamp.write_text(self._expected())
        say(f"the browser is {self._path.read_text()}")

    def _is_made(self, own: bool) -> bool:
        if not self._stamp.exists() or self._stamp.read_text() != self._expected():
            return False
        browser = Path(self._path.read_text())
        return os.access(browser, os.X_OK) and (own or browser.parent == self._unpacked)

    def _expected(self) -> str:
        """What the stamp says when all of the lock is installed."""
        return hashlib.sha256(b"".join(file.read_bytes() for file in self._lock)).hexdigest()

    def _browser_of_machine(self) -> Path | None:
        found = next(_browsers(), None)
        if found is None and _is_debian() and os.geteuid() == 0 and shutil.which("apt-get"):
            try:
                run("reading Debian's packages", ["apt-get", "update"])
                install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
                run("installing Debian's chromium", install, DEBIAN_FRONTEND="noninteractive")
            except Failed as reason:
                say(f"{reason}\nDebian's chromium cannot be had; trying npm's")
            found = next(_browsers(), None)
        return found

    def _unpack(self) -> Path:
        """Unpack npm's Chromium; the program that starts it. Raises Failed."""
        if sys.platform != "linux" or os.uname().machine != "x86_64":
            raise Failed(f"npm's Chromium is for Linux on x86-64 only. {_ADVICE}")
        # What was unpacked half would be taken for whole.
        shutil.rmtree(self._unpacked, ignore_errors=True)
        self._unpacked.mkdir()
        command = [self._program("node"), "--input-type=module", "--eval", _UNPACK]
        run("unpacking Chromium", command, cwd=self._folder, TMPDIR=str(self._unpacked))
        (self._unpacked / "fonts.conf").write_text(_FONTS.format(folder=self._unpacked))
        launcher = self._unpacked / "launch"
        launcher.write_text(_LAUNCHER.format(folder=self._unpacked))
        launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
        if not _starts(launcher):
            raise Failed(f"npm's Chromium does not start here. {_ADVICE}")
        return launcher

    def _program(self, name: str) -> str:
        return str(self._programs / name)


def _browsers() -> Iterator[Path]:
    """The machine's Chromiums that start: a name on PATH may stand for one that is not installed."""
    for candidate in (*map(shutil.which, _NAMES), *_APPLICATIONS):
        if candidate and os.access(candidate, os.X_OK) and _starts(Path(candidate)):
            yield Path(candidate)


def _starts(browser: Path) -> bool:
    return subprocess.run([str(browser), "--version"], capture_output=True).returncode == 0


def _is_debian() -> bool:
    """Ubuntu's package of that name is none: it sends for a snap."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()
