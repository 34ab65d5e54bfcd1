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


def code_for_status(status: int) -> ExitCode:
    """The exit code for a refusal with this HTTP status: ours to mend, or the server's to get over."""
    return ExitCode.UNREACHABLE if status == 429 or status >= 500 else ExitCode.USAGE
