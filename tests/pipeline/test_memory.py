"""A settled process leaves what it was started with out of its collections."""

import subprocess
import sys

_PROGRAM = """
import gc
from pipeline.memory import YOUNG, settle_memory
before = gc.get_freeze_count()
settle_memory()
assert gc.get_freeze_count() > before + 1_000
assert gc.get_threshold()[0] == YOUNG
"""


def test_what_was_there_at_the_start_is_frozen() -> None:
    # In a process of its own: this one's garbage must go on being collected.
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True, timeout=30)
