"""No picture of a few megabytes takes more than moments: neither the loop's time nor an inspection process's."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.errors import OutputBroken
from pipeline.media.picture import examine_quickly
from pipeline.media.prolog import is_svg
from tests.pipeline.media.hostile import HOSTILE, hostile

CPU_SECONDS = 5
"""What a picture may take of the processor here; the slowest of them takes one."""
IN_LINE_SECONDS = 0.5
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_take_long_takes_moments(name: str) -> None:
    """In a process of its own, which is ended by its limit and not by patience."""
    command = [sys.executable, "-m", "tests.pipeline.media.judge", str(CPU_SECONDS)]
    judged = subprocess.run(command, input=hostile(name), cwd=ROOT, check=False, stdout=subprocess.PIPE)
    assert judged.returncode == 0, f"it took over {CPU_SECONDS} s of the processor"


@pytest.mark.parametrize("name", HOSTILE)
def test_the_loop_is_not_held_by_it(name: str) -> None:
    """What `examine_quickly` and `is_svg` do happens on the loop; by this process's own processor time."""
    data = hostile(name)
    began = time.process_time()
    with suppress(OutputBroken):
        assert is_svg(data) or examine_quickly(data) is None
    assert time.process_time() - began < IN_LINE_SECONDS
