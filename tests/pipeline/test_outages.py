"""Which errors are an outage, which blame a row, and which are ours."""

import asyncpg
import pytest
from redis.exceptions import ConnectionError as BrokerGone
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import NotFound, OutputGone, ProviderDown, StoreError
from pipeline.outages import is_away
from pipeline.statements import blames_a_row


def wrapped(error: asyncpg.PostgresError) -> DBAPIError:
    """As SQLAlchemy hands it on."""
    return DBAPIError("SELECT 1", {}, error)


@pytest.mark.parametrize(
    ("error", "outage", "row"),
    [
        (asyncpg.CannotConnectNowError("the database system is starting up"), True, False),
        (asyncpg.AdminShutdownError("terminating connection"), True, False),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), True, False),
        (asyncpg.DeadlockDetectedError("deadlock detected"), True, False),
        (asyncpg.TooManyConnectionsError("sorry"), True, False),
        (asyncpg.UniqueViolationError("duplicate key"), False, True),
        (asyncpg.UndefinedColumnError("no such column"), False, False),
    ],
)
def test_errors_of_postgres_are_told_apart(error: asyncpg.PostgresError, outage: bool, row: bool) -> None:
    assert (is_away(wrapped(error)), blames_a_row(wrapped(error))) == (outage, row)


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (PoolTimeout("every connection is taken"), True),
        (ConnectionRefusedError("nobody listens"), True),
        (BrokerGone("connection lost"), True),
        (StoreError(), True),
        (ProviderDown(), True),
        (NotFound(), False),
        (OutputGone(), False),
        (KeyError("a bug"), False),
    ],
)
def test_errors_of_other_parts_are_told_apart(error: Exception, outage: bool) -> None:
    assert is_away(error) is outage
