"""What the figures were measured on."""

import platform
from dataclasses import dataclass

import asyncpg
import psutil
from sqlalchemy import make_url


@dataclass(frozen=True)
class Machine:
    """The machine and the Postgres: figures of two of them are not to be compared."""

    cores: int
    architecture: str
    system: str
    python: str
    postgres: str
    fsync: str
    synchronous_commit: str


async def look_at(database_url: str) -> Machine:
    """This machine, with the Postgres at `database_url`."""
    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(address)
    try:
        names = ("server_version", "fsync", "synchronous_commit")
        version, fsync, synchronous_commit = [str(await connection.fetchval(f"SHOW {name}")) for name in names]
    finally:
        await connection.close()
    return Machine(
        cores=psutil.cpu_count() or 1,
        architecture=platform.machine(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgres=version,
        fsync=fsync,
        synchronous_commit=synchronous_commit,
    )
