"""A process that heeds no SIGTERM, and has a child that heeds none either."""

import os
import signal
import sys

signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    sys.stdout.write(f"child {child}\n")
    sys.stdout.flush()
while True:
    signal.pause()
