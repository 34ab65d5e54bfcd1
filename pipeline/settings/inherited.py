"""The environment this process was started with, for the processes it starts."""

import os


def inherited() -> dict[str, str]:
    """A copy of every variable."""
    return dict(os.environ)
