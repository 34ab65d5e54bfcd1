"""What the shell gets to know."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    COMPLETED = 0
    FAILED = 1
    """The generation failed or was cancelled, or its picture could not be saved."""
    USAGE = 2
    """Asked for what cannot be: a bad option, a field over its limit, no key, no such generation."""
    UNREACHABLE = 3
    """The server does not answer, or is in no state to."""
