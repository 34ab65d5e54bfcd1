"""The environment of the stack's processes: what Darkroom's parts give each other."""

import sys
from collections.abc import Mapping
from pathlib import Path

from pipeline.embedded.ports import LOOPBACK
from pipeline.embedded.strays import MARK
from pipeline.settings import Settings
from pipeline.settings.inherited import inherited

OWN_MACHINE = "127.0.0.0/8, ::1/128"
"""Where source pictures may come from and webhooks go to beside the painter: only its user is on such a machine."""
DRAIN_SECONDS = 0.5
"""No load balancer stands before an embedded web process, and somebody waits for Ctrl-C."""


def common(settings: Settings) -> dict[str, str]:
    """What every process gets: our own environment, with this interpreter's programs first on PATH."""
    env = inherited()
    if settings.database_url is None:
        # PGPORT, PGSSLMODE and their like speak of another server than the embedded one.
        env = {name: value for name, value in env.items() if not name.startswith("PG")}
    programs = str(Path(sys.executable).parent)
    path = env.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return env | {
        "PATH": f"{programs}:{path}",
        "PYTHONUNBUFFERED": "1",
        "DARKROOM_HOME": str(settings.home),
        "PORT": str(settings.port),
        "DARKROOM_DRAIN_SECONDS": str(min(settings.drain_seconds, DRAIN_SECONDS)),
        MARK: str(settings.home),
    }


def database(settings: Settings, embedded_url: str | None = None, owner_url: str | None = None) -> dict[str, str]:
    """Where Postgres is, and where for its owner: the embedded one's addresses when it runs, else the settings'."""
    if embedded_url is None or owner_url is None:
        given = _given(DATABASE_URL=settings.database_url, MIGRATION_DATABASE_URL=settings.migration_database_url)
        return given | {"DARKROOM_EMBEDDED": "false"}
    # A LISTEN_DATABASE_URL beside no DATABASE_URL would hear another database.
    return {
        "DATABASE_URL": embedded_url,
        "MIGRATION_DATABASE_URL": owner_url,
        "LISTEN_DATABASE_URL": embedded_url,
        "DARKROOM_EMBEDDED": "true",
    }


def without_owner(env: Mapping[str, str]) -> dict[str, str]:
    """The same without the owner's address, which only the release is to know."""
    return {name: value for name, value in env.items() if name != "MIGRATION_DATABASE_URL"}


def broker(settings: Settings, embedded_url: str | None) -> dict[str, str]:
    """Where Valkey is: the embedded one's address when it runs, else the settings'."""
    return _given(REDIS_URL=embedded_url or settings.redis_url)


def painter(settings: Settings, port: int, home: Path, token: str) -> dict[str, str]:
    """The painter in every provider's place; `token` is what it asks for."""
    egress = {} if settings.egress_allow else {"DARKROOM_EGRESS_ALLOW": OWN_MACHINE}
    return {
        **egress,
        "REPLICATE_API_URL": f"http://{LOOPBACK}:{port}",
        "REPLICATE_API_TOKEN": token,
        "FAL_API_URL": f"http://{LOOPBACK}:{port}/fal",
        "FAL_JWKS_URL": f"http://{LOOPBACK}:{port}/fal/.well-known/jwks.json",
        "FAL_KEY": token,
        "OPENAI_BASE_URL": f"http://{LOOPBACK}:{port}/openai/v1",
        "OPENAI_API_KEY": token,
        "PAINTER_PORT": str(port),
        "PAINTER_HOME": str(home),
    }


def _given(**variables: str | None) -> dict[str, str]:
    return {name: value for name, value in variables.items() if value}
