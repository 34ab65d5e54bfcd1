"""Stands in for a worker: waits for SIGTERM, and says so."""

import signal
import sys
from types import FrameType


def stop(_signum: int, _frame: FrameType | None) -> None:
    sys.stdout.write("told to stop\n")
    sys.exit()


signal.signal(signal.SIGTERM, stop)

sys.stdout.write("waiting\n")
sys.stdout.flush()
signal.pause()
