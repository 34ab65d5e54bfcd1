"""Runs tables of cases through supabase-js, a Node process for a whole table."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.embedded.procfile import CHECKOUT
from tests.javascript.program import NODE

FOLDER = CHECKOUT / ".supabase"
VERSIONS = ("supabase-js-2-119", "supabase-js-2-49", "supabase-js-2-39")
"""As tests/supabase/package.json calls them."""
PROGRAM = Path(__file__).with_name("table.mjs")
PATIENCE = 90.0


def run_table(
    client: str, url: str, people: Mapping[str, Any], ids: Mapping[str, str], cases: Sequence[Mapping[str, str]]
) -> dict[str, dict[str, Any]]:
    """What each case (name, who, call) came to, by its name: status, data, count and error as the client has them."""
    if not (FOLDER / "node_modules").exists():
        pytest.fail("supabase-js is not installed: run make test (or scripts/bootstrap.py --browser)", pytrace=False)
    given = {"folder": f"{FOLDER}/", "client": client, "url": url, "people": people, "ids": ids, "cases": cases}
    # What a client has to warn of on this Node goes to stderr.
    done = subprocess.run(
        [str(NODE), str(PROGRAM)], input=json.dumps(given), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["name"] for one in said] == [case["name"] for case in cases]
    return {one["name"]: one for one in said}
