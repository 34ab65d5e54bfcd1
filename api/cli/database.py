"""Commands for which there is no door: they work on the database itself, so whoever may run them could use psql."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

import typer

from api.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from pipeline.settings import Settings

UNDEFINED_TABLE = "42P01"
"""SQLSTATE. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def run_on_database(
    work: Callable[["AsyncEngine"], Awaitable[None]], *, json: bool, as_owner: bool = False
) -> NoReturn:
    """Do `work` with an engine, and exit with 0 or the error's code. `as_owner`: it makes or moves tables."""
    raise typer.Exit(_code(work, json=json, as_owner=as_owner))


def _code(work: Callable[["AsyncEngine"], Awaitable[None]], *, json: bool, as_owner: bool) -> ExitCode:
    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from api.cli.complaint import complain, complain_of_settings
    from pipeline.errors import Invalid, Unreachable
    from pipeline.settings import Settings

    try:
        asyncio.run(_work(Settings(), work, as_owner=as_owner))
    except ValidationError as error:
        complain_of_settings(error, json=json)
        return ExitCode.USAGE
    except Invalid as error:
        complain(str(error), json=json)
        return ExitCode.USAGE
    except Unreachable as error:
        complain(str(error), json=json)
        return ExitCode.UNREACHABLE
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        complain(_why(error), json=json)
        return ExitCode.UNREACHABLE
    return ExitCode.COMPLETED


async def _work(settings: "Settings", work: Callable[["AsyncEngine"], Awaitable[None]], *, as_owner: bool) -> None:
    from pipeline.database import open_engine

    found = settings.model_copy(update={"database_url": find_database(settings, as_owner=as_owner)})
    engine = open_engine(found, pool_size=1)
    try:
        await work(engine)
    finally:
        await engine.dispose()


def find_database(settings: "Settings", *, as_owner: bool = False) -> str:
    """DATABASE_URL, else the address of the database that `make up` runs in DARKROOM_HOME.

    `as_owner`: rather MIGRATION_DATABASE_URL, and that one's owner. Raises Unreachable when there is none, and Invalid
    when the variable holds no address.
    """
    from sqlalchemy.exc import ArgumentError

    from pipeline.database import asyncpg_url
    from pipeline.embedded.cluster import USER
    from pipeline.embedded.postgres import LOGIN, running_url
    from pipeline.errors import Invalid, Unreachable

    owners = settings.migration_database_url if as_owner else None
    name = "MIGRATION_DATABASE_URL" if owners else "DATABASE_URL"
    if given := owners or settings.database_url:
        try:
            asyncpg_url(given)
        except (ArgumentError, ValueError):
            # Without its value, which may hold a password.
            raise Invalid(name, f"{name}: must look like postgresql://user:password@host:5432/name") from None
        return given
    try:
        url = running_url(settings.home, USER if as_owner else LOGIN)
    except OSError as error:
        raise Unreachable(
            f"The database in {settings.home} is somebody else's ({error.strerror}). Run this as the user who runs "
            "`make up`, or set DATABASE_URL."
        ) from error
    if url is None:
        raise Unreachable(
            f"No database: DATABASE_URL is not set, and no Darkroom runs in {settings.home}. Start one with `make up`, "
            "name its folder in DARKROOM_HOME, or set DATABASE_URL."
        )
    return url


def _why(error: Exception) -> str:
    """What the database said, without the statement and its values."""
    from sqlalchemy.exc import DBAPIError

    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if getattr(said, "sqlstate", None) == UNDEFINED_TABLE:
        return "The database has no table of Darkroom's yet. Make them with `make migrate`."
    reason = str(said).partition("\n")[0] or type(said).__name__
    return f"The database does not answer: {reason}. Start it with `make up`, or look at DATABASE_URL."
