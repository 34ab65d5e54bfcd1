"""When a webhook was sent, by its own word."""

import time

LONGEST = 20
"""Digits. Python refuses to read thousands of them, with an error of its own."""


def sent_within(timestamp: str, seconds: float) -> bool:
    """Whether `timestamp`, in whole seconds since the epoch, is at most so far from now, before or after."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= LONGEST):
        return False
    return abs(time.time() - int(timestamp)) <= seconds
