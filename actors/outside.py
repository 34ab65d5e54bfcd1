"""What comes from outside: errors of the parts we stand on while they are away. Anything else is a bug of ours."""

from redis.exceptions import RedisError

from pipeline.errors import DarkroomError
from pipeline.outages import DATABASE_AWAY, is_away

OUTSIDE_ERRORS = (*DATABASE_AWAY, RedisError, DarkroomError)
"""What a round of the clock may raise in a line of the log. Anything else is a bug, and leaves its traceback there."""


def is_outside(error: BaseException) -> bool:
    """Whether an actor's error is worth a line in the log, and no traceback."""
    return isinstance(error, DarkroomError) or is_away(error)
