"""Why the embedded stack did not start, or stopped."""

from pipeline.errors import DarkroomError


class CannotStart(DarkroomError):
    """Darkroom cannot start here."""


class GaveUp(DarkroomError):
    """A process ended again and again, so everything was stopped."""
