"""Outages: what a part that we stand on raises while it is away. Anything else is a bug of ours, or of who asks."""

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import ProviderError, StoreError, Unreachable

AWAY = (
    Unreachable,
    StoreError,
    ProviderError,
    OperationalError,
    InterfaceError,
    PoolTimeout,
    RedisError,
    OSError,
)
"""Whatever part it is. These say it by their class; what Postgres says by a code, `is_away` reads."""
DATABASE_AWAY = (SQLAlchemyError, OSError)
"""For whoever asks the database and comes again by itself: no error of its may be the end of that."""

_OUTAGES = {"08", "40", "53", "57", "58"}
"""SQLSTATE classes: connection, deadlock, resources, shutting down or starting up, system."""


def is_away(error: BaseException) -> bool:
    """Whether the database, the broker, the store or the provider was away: the same again may well succeed."""
    return isinstance(error, AWAY) or _is_outage(error)


def _is_outage(error: BaseException) -> bool:
    """Whether Postgres was away, starting, stopping or too busy.

    SQLAlchemy does not tell: it wraps "the database system is starting up" as it does a bug of ours.
    """
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None))[:2] in _OUTAGES
