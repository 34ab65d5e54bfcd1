"""The gateway's proof finds each promise that is taken out of the source."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from tests.proof import planting
from tests.proof.gateway_plants import PLANTS, SMALL, Plant

FINDINGS = 1
BESIDE_EACH_OTHER = 2
"""Runs at a time: each waits most of its time, for what it has broken to come back."""

Run = subprocess.CompletedProcess[bytes]


def prove(plant: Plant, folder: Path) -> Run:
    """Run the proof on a copy of the source with the fault in it."""
    planting.plant(planting.copied(folder), plant.file, plant.old, plant.new)
    return subprocess.run([sys.executable, "-m", "proof.gateway", *SMALL], cwd=folder, capture_output=True)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, "Future[Run]"]]:
    """The runs of all plants, under way."""
    with ThreadPoolExecutor(BESIDE_EACH_OTHER) as pool:
        yield {name: pool.submit(prove, plant, tmp_path_factory.mktemp("plant")) for name, plant in PLANTS.items()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_found(name: str, runs: dict[str, "Future[Run]"]) -> None:
    run = runs[name].result()
    assert run.returncode == FINDINGS, run.stdout.decode() + run.stderr.decode()
    found = orjson.loads(run.stdout)["found"]
    assert any(found[cls] for cls in PLANTS[name].finds), found
