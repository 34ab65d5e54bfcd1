"""Why a torture came to no result."""


class CouldNotRun(Exception):
    """Something that the torture itself needs did not work; it proves nothing."""
