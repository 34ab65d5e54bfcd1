"""The listener: one direct connection to Postgres per process, with LISTEN. What it hears are hints, never promises."""

import asyncio
import logging

import asyncpg

from api.gateway.looks import Looks
from pipeline import deletions
from pipeline.database import SERVER_SETTINGS, database_url
from pipeline.errors import Unreachable
from pipeline.notices import CHANNEL, read_moves
from pipeline.settings import Settings

log = logging.getLogger(__name__)

KEEPALIVE_SECONDS = 5.0
"""asyncpg notices neither a half-open connection nor a silent server; a query every few seconds does."""
LONGEST_BACKOFF_SECONDS = 5.0
PROBE_SECONDS = 3.0
PROBE_CHANNEL = "darkroom_probe"
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
"""What connecting to a database that is away, starting or stopping raises."""


class Listener:
    """Keeps the connection alive: listens, then resyncs, then hands hints to the looks, and again after a loss."""

    def __init__(self, settings: Settings, looks: Looks) -> None:
        url = (
            database_url(settings.model_copy(update={"database_url": settings.listen_database_url}))
            if settings.listen_database_url
            else database_url(settings)
        )
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._looks = looks
        self._lost = asyncio.Event()
        self.is_listening = False

    async def probe(self) -> None:
        """Check that a notification comes through. Raises Unreachable behind a transaction pooler.

        A database that is away is not judged.
        """
        heard = asyncio.Event()
        try:
            connection = await self._connect()
        except AWAY as error:
            # No reason to give up: the doors answer 503, and keep_listening connects as soon as it can.
            log.warning("the database does not answer yet, so LISTEN was not tried: %s", error)
            return
        try:
            await connection.add_listener(PROBE_CHANNEL, lambda *_: heard.set())
            await connection.execute(f"NOTIFY {PROBE_CHANNEL}")
            await asyncio.wait_for(heard.wait(), PROBE_SECONDS)
        except TimeoutError:
            raise Unreachable(
                "LISTEN does not work on this database address: it seems to be a transaction pooler. "
                "Set LISTEN_DATABASE_URL to Postgres itself."
            ) from None
        finally:
            await connection.close(timeout=PROBE_SECONDS)

    async def keep_listening(self) -> None:
        """Listen until cancelled; reconnect with backoff whenever the connection is lost."""
        backoff = 0.1
        while True:
            try:
                await self._listen()
                backoff = 0.1
            except AWAY as error:
                log.warning("not listening (trying again in %.1f s): %s", backoff, error)
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, LONGEST_BACKOFF_SECONDS)
            finally:
                self.is_listening = False

    async def _listen(self) -> None:
        connection = await self._connect()
        try:
            self._lost.clear()
            connection.add_termination_listener(lambda _: self._lost.set())
            await connection.add_listener(deletions.CHANNEL, self._hear_deletion)
            # The last that it asks: by it whoever looks at pg_stat_activity knows a listener that is complete.
            await connection.add_listener(CHANNEL, self._hear)
            # LISTEN first, look second: what was committed before the one is found by the other.
            self._looks.resync()
            self.is_listening = True
            while not self._lost.is_set():
                try:
                    # Not wait_for: before Python 3.12 it loses a cancellation that comes with the event.
                    async with asyncio.timeout(KEEPALIVE_SECONDS):
                        await self._lost.wait()
                except TimeoutError:
                    await connection.execute("SELECT 1", timeout=KEEPALIVE_SECONDS)
            log.warning("the listening connection was lost; connecting again")
        finally:
            connection.terminate()

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            self._dsn, timeout=10, command_timeout=10, server_settings=SERVER_SETTINGS
        )
        return connection

    def _hear(self, *notification: object) -> None:
        """Synchronous, because asyncpg runs coroutine listeners in any order."""
        try:
            moves = read_moves(str(notification[-1]))
        except ValueError as error:
            log.warning("a notification on %s is not one of ours; looking at everything: %s", CHANNEL, error)
            self._looks.resync()
        else:
            self._looks.hint(moves)

    def _hear_deletion(self, *notification: object) -> None:
        """As `_hear`. One that is lost is not made up for: nothing is left to look at."""
        try:
            deletion = deletions.read_deletion(str(notification[-1]))
        except ValueError as error:
            log.warning("a notification on %s is not one of ours: %s", deletions.CHANNEL, error)
        else:
            self._looks.deleted(deletion)
