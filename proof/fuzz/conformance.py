"""Schemathesis over /openapi.json: what the document allows and what it forbids, alone and in sequences, and no 5xx."""

import subprocess
import sys
from pathlib import Path

from proof.fuzz.sending import Found

WAITING = ("generate-image", "process-generation", "process-jobs", "/events")
"""Operations that keep a caller waiting. Two of them answer 500 when there will be no picture, as the old ones did."""
LAST_LINES = 60


def run_schemathesis(url: str, key: str, seconds: int, chosen: int, folder: Path) -> None:
    """Test every operation for so many seconds, with the random seed `chosen`. Raises Found with its last lines."""
    excluded = [word for one in WAITING for word in ("--exclude-path-regex", one)]
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
            *("--header", f"Authorization: Bearer {key}", "--checks", "not_a_server_error"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--max-time", str(seconds), "--seed", str(chosen)),
            *("--request-timeout", "30", "--warnings", "off", "--suppress-health-check", "all", "--no-color"),
            *excluded,
        ],
        cwd=folder,  # where it keeps what it has found
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        last = (ran.stdout + ran.stderr).splitlines()[-LAST_LINES:]
        raise Found("schemathesis:\n" + "\n".join(last))
