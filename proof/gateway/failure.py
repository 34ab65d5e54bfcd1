"""Why a proof came to no result."""


class CouldNotRun(Exception):
    """Something that the proof itself needs did not work; it proves nothing."""
