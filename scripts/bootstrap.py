"""Makes the virtual environments from the hash-pinned locks. Standard library only; instant when nothing changed.

    python3 scripts/bootstrap.py [--dev] [--swift] [--browser[=npm]]

`.venv` holds Darkroom (with --dev its checks and tests too), `.venv-swift` the S3 server of the store's tests,
`.browser` what the JavaScript client is tested with, `.supabase` the clients of the old apps,
`.venv-supabase` the one in Python.
"""

import argparse
import fcntl
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_MINOR = 11


def require_python() -> None:
    """Go on under a Python that is new enough: this one, else the newest on PATH, else say what is missing."""
    # Read by old Pythons: no newer syntax in this file.
    if sys.version_info >= (3, OLDEST_MINOR):
        return
    for minor in range(20, OLDEST_MINOR - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.stderr.write(
        f"Darkroom needs Python 3.{OLDEST_MINOR} or newer, and {sys.executable} is older. Install one; if it is not on "
        "PATH, name it: make PYTHON=/path/to/python3 up\n"
    )
    sys.exit(1)


def main() -> int:
    """Make what is asked for; the exit code."""
    parser = argparse.ArgumentParser(description="Makes Darkroom's virtual environments.")
    parser.add_argument("--dev", action="store_true", help="with the tools of check, test and bench")
    parser.add_argument("--swift", action="store_true", help="and the S3 server of the store's tests (Linux)")
    parser.add_argument(
        "--browser",
        nargs="?",
        const="any",
        choices=["any", "npm"],
        help="and what the tests in JavaScript need, a Chromium too; with --dev. npm: not the machine's own",
    )
    asked = parser.parse_args()

    from browser_folder import BrowserFolder
    from install import Failed, say  # written for the Python that require_python found
    from npm_folder import NpmFolder
    from venv_folder import VenvFolder

    plain, dev = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
    # Two bootstraps at a time (`make up` in one window, `make test` in another) would ruin each other's work.
    turn = os.open(str(ROOT), os.O_RDONLY)
    fcntl.flock(turn, fcntl.LOCK_EX)
    try:
        darkroom = VenvFolder(ROOT / ".venv", [dev] if asked.dev else [plain, dev], ROOT)
        darkroom.make()
        if asked.swift and not sys.platform.startswith("linux"):
            say("no .venv-swift: Swift runs on Linux only, so the store's S3 tests are skipped")
        elif asked.swift:
            VenvFolder(ROOT / ".venv-swift", [ROOT / "tests" / "swift" / "requirements.lock"], None).make()
        if asked.browser:
            # Apart, because it holds back libraries that Darkroom has newer.
            VenvFolder(ROOT / ".venv-supabase", [ROOT / "tests" / "supabase" / "requirements.lock"], None).make()
            programs = ROOT / ".venv" / "bin"
            BrowserFolder(ROOT / ".browser", ROOT / "tests" / "javascript", programs).make(own=asked.browser == "any")
            NpmFolder(ROOT / ".supabase", ROOT / "tests" / "supabase", programs).make("supabase-js")
    except Failed as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    finally:
        os.close(turn)
    return 0


if __name__ == "__main__":
    require_python()
    sys.exit(main())
