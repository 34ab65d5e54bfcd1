"""The gateway's proof finds each promise that is taken out of the source."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.proof import planting
from tests.proof.gateway_plants import PLANTS, SMALL, Plant

FINDINGS = 1


@pytest.mark.timeout(240)
@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_a_planted_fault_is_found(plant: Plant, tmp_path: Path) -> None:
    planting.plant(planting.copied(tmp_path), plant.file, plant.old, plant.new)
    run = subprocess.run([sys.executable, "-m", "proof.gateway", *SMALL], cwd=tmp_path, capture_output=True)
    assert run.returncode == FINDINGS, run.stdout.decode() + run.stderr.decode()
    found = orjson.loads(run.stdout)["found"]
    assert any(found[cls] for cls in plant.finds), found
