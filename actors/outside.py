"""What comes from outside: errors of the parts we stand on while they are away. Anything else is a bug of ours."""

from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import DarkroomError
from pipeline.statements import is_outage


def is_outside(error: BaseException) -> bool:
    """Whether the database, the broker, the provider or the store was away: worth a line in the log, no traceback."""
    away = (RedisError, DarkroomError, OSError, PoolTimeout, OperationalError, InterfaceError)
    return isinstance(error, away) or (isinstance(error, Exception) and is_outage(error))
