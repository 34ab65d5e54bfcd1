"""The torture finds each promise that is taken out of the source, and nothing in the source as it is."""

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import orjson
import pytest

from pipeline.embedded.procfile import CHECKOUT
from tests.proof import planting
from tests.proof.torture_plants import PLANTS, SHORT, Plant

FINDINGS = 1


def torture(plant: Plant, folder: Path) -> "subprocess.Popen[bytes]":
    """Torture the source in `folder` by the plant's scenario."""
    command = [sys.executable, "-m", "proof.torture", *SHORT, *plant.scenario]
    return subprocess.Popen(command, cwd=folder, stdout=PIPE, stderr=PIPE)


def outcome(run: "subprocess.Popen[bytes]") -> tuple[int, dict[str, Any]]:
    """The exit code and the report."""
    said, complaint = run.communicate()
    assert run.returncode in (0, FINDINGS), complaint.decode()
    return run.returncode, orjson.loads(said)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_a_planted_fault_is_found(plant: Plant, tmp_path: Path) -> None:
    planting.plant(planting.copied(tmp_path), plant.file, plant.old, plant.new)
    runs = torture(plant, tmp_path), torture(plant, CHECKOUT)
    (code, found), (clean, nothing) = map(outcome, runs)
    assert (clean, nothing["findings"]) == (0, [])
    assert code == FINDINGS
    assert plant.finds in {finding["cls"] for finding in found["findings"]}, found["findings"]
