"""Stands in for a worker: waits for a signal."""

import signal
import sys

sys.stdout.write("waiting\n")
sys.stdout.flush()
signal.pause()
