"""Which errors of Postgres blame a row, which an outage, and which are ours."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from pipeline.statements import blames_a_row, is_outage


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
def test_errors_are_told_apart(error: asyncpg.PostgresError, outage: bool, row: bool) -> None:
    assert (is_outage(wrapped(error)), blames_a_row(wrapped(error))) == (outage, row)
