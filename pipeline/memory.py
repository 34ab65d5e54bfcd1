"""Memory: the garbage collector of a process that is up, and will be for long."""

import gc

YOUNG = 10_000
"""Allocations between two looks at the young objects; Python's own 700 has it look hundreds of times a second."""


def settle_memory() -> None:
    """Leave what was made while starting out of every later collection, and collect less often.

    Modules, SQL, tables and open connections live as long as the process; looking through them again and again finds
    nothing. Call it once everything is open.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
