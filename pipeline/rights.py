"""The rights of the database roles that processes work with, as the owner of the tables grants them.

The login of DATABASE_URL owns nothing: it reads and writes rows. The reader, a role without a login, may only select
what `/rest/v1` shows; its connections take it on. Nobody else has any right on what is Darkroom's.
"""

import logging
from typing import NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pipeline.api_roles import OURS, VIEWS
from pipeline.outages import DATABASE_AWAY
from pipeline.reader import MAY_READ, READER
from pipeline.statements import fetch, statement
from schema.readable import READABLE
from schema.tables import metadata

log = logging.getLogger(__name__)

_REFUSED = "42501"
"""SQLSTATE insufficient_privilege."""

_WHO = statement(f"""
    SELECT current_user AS login, pg_has_role(c.relowner, 'MEMBER') AS owns, d.reader, {MAY_READ} AS reads,
      has_schema_privilege('public', 'public', 'CREATE') AS everybody_creates, r.oid IS NOT NULL AS reader_exists,
      (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) AS makes_roles
    {READER.format(named=":reader")}
""")
_FUNCTIONS = text("""
    SELECT CAST(CAST(p.oid AS regprocedure) AS text) FROM pg_proc AS p
    WHERE p.pronamespace = CAST('public' AS regnamespace) AND starts_with(p.proname, 'darkroom_')
      AND p.prorettype <> CAST('trigger' AS regtype)
    ORDER BY 1
""")
_RELATIONS = text("""
    SELECT relname FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace) AND relname = ANY (:names)
""")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('darkroom rights'))")


class Rights(NamedTuple):
    """What the role of a connection may do."""

    login: str
    owns: bool
    """Whether it owns the tables, or may do as their owner."""
    reader: str
    """The reader's name."""
    reads: bool
    """Whether it may take the reader on."""
    everybody_creates: bool
    """Whether every role of the server may make things in the schema `public`."""

    @property
    def costs(self) -> list[str]:
        """What protection is missing, and what to do about it: a sentence each."""
        said = []
        if self.owns:
            said.append(
                f"DATABASE_URL's role \"{self.login}\" has the rights of the tables' owner, so whoever gets hold of a "
                "process can change and drop them: name a login that owns nothing in DATABASE_URL and this one in "
                "MIGRATION_DATABASE_URL, and run `make migrate`."
            )
        if not self.reads:
            said.append(
                f'What is asked of /rest/v1 is read with all rights of "{self.login}", not only with those to what it '
                f'shows: as a superuser run CREATE ROLE "{self.reader}"; GRANT "{self.reader}" TO "{self.login}"; and '
                "then `make migrate`."
            )
        if self.everybody_creates:
            said.append(
                "Every role of this database may make things in the schema public, under names that Darkroom's "
                "functions would take for what they call: run REVOKE CREATE ON SCHEMA public FROM PUBLIC."
            )
        return said


async def read_rights(engine: AsyncEngine, reader: str | None) -> Rights | None:
    """The rights of this engine's role; None before the first migration. `reader`: its name, if not the usual one."""
    rows = await fetch(engine, _WHO, reader=reader)
    return Rights(*(getattr(rows[0], name) for name in Rights._fields)) if rows else None


async def tell_costs(engine: AsyncEngine, reader: str | None) -> None:
    """Write into the log what protection is missing here, if any is. A database that is away is not judged."""
    try:
        rights = await read_rights(engine, reader)
    except DATABASE_AWAY as error:
        log.warning("the database does not answer yet, so its roles were not looked at: %s", error)
        return
    for cost in rights.costs if rights else ():
        log.warning("%s", cost)


async def grant_rights(owner: AsyncEngine, engine: AsyncEngine, reader: str | None) -> None:
    """As the tables' owner, give the reader and the login of `engine` exactly what they need. Safe to repeat.

    Makes the reader, and lets the login take it on, where the owner may; where not, `Rights.costs` says who has to.
    """
    login = await read_rights(engine, reader)
    assert login is not None, "granted before the tables are there"
    async with owner.begin() as connection:
        await connection.execute(_LOCK)
        (who,) = (await connection.execute(_WHO, {"reader": reader})).all()
        if not who.reader_exists and who.makes_roles:
            await _run(connection, f"CREATE ROLE {_quoted(login.reader)} NOLOGIN")
        if who.reader_exists or who.makes_roles:
            await _grant_reader(connection, login)
        if not login.owns:
            await _grant_login(connection, login.login)


async def _grant_reader(connection: AsyncConnection, rights: Rights) -> None:
    reader = _quoted(rights.reader)
    await _run(connection, f"GRANT USAGE ON SCHEMA public TO {reader}")
    for name in await _there(connection, [*OURS]):
        await _run(connection, f"REVOKE ALL ON {name} FROM {reader}")
    for name in await _there(connection, list(READABLE)):
        await _run(connection, f"GRANT SELECT ({', '.join(READABLE[name])}) ON {name} TO {reader}")
    if not rights.reads:
        try:
            async with connection.begin_nested():
                await _run(connection, f"GRANT {reader} TO {_quoted(rights.login)}")
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _REFUSED:
                raise


async def _grant_login(connection: AsyncConnection, login: str) -> None:
    who = _quoted(login)
    await _run(connection, f"GRANT USAGE ON SCHEMA public TO {who}")
    for name in await _there(connection, [*metadata.tables, "job_queue"]):
        await _run(connection, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {who}")
    for name in await _there(connection, ["alembic_version", *VIEWS]):
        await _run(connection, f"GRANT SELECT ON {name} TO {who}")
    for function in (await connection.execute(_FUNCTIONS)).scalars().all():
        await _run(connection, f"GRANT EXECUTE ON FUNCTION {function} TO {who}")


async def _there(connection: AsyncConnection, names: list[str]) -> list[str]:
    """Those of our tables and views that are there: an operator may have replaced or dropped one of the old guide's."""
    found = set((await connection.execute(_RELATIONS, {"names": names})).scalars())
    return [name for name in names if name in found]


async def _run(connection: AsyncConnection, sql: str) -> None:
    await connection.execute(_literal(sql))


def _literal(sql: str) -> TextClause:
    # A colon in a name is no parameter.
    return text(sql.replace(":", "\\:"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
