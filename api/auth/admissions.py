"""Admissions: how long an open socket may go on with what it was let in by."""

import asyncio
import logging
import time
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth.authenticator import Authenticator
from api.auth.identity import Identity
from api.problems import Problem
from pipeline.api_keys import standing_keys
from pipeline.outages import DATABASE_AWAY

log = logging.getLogger(__name__)

CHECK_SECONDS = 10.0
"""How often the keys of open sockets are looked up again: the longest a revoked one keeps its socket."""
LONGEST_NAP_SECONDS = 60.0
"""A timer counts no time while the machine sleeps, and a clock may be set: how late that can make us."""
EXPIRED = "this key or token has expired; reconnect with a fresh one"
REVOKED = "this key was revoked or has expired; reconnect with another one"


class Admissions:
    """Every open socket's admission in this process. One statement asks after all their keys."""

    def __init__(self, engine: AsyncEngine, authenticator: Authenticator) -> None:
        self._engine = engine
        self._authenticator = authenticator
        self._by_key: dict[UUID, set[Admission]] = {}

    def admit(self, identity: Identity, end: Callable[[str], None]) -> "Admission":
        """Let a socket in until its identity expires or is revoked, or until it leaves.

        `end` is called once at most, on the loop, with a sentence for the client: then the socket has to be closed.
        """
        return Admission(self, identity, end)

    async def keep_checking(self) -> None:
        """Look for revoked keys every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check()
            except DATABASE_AWAY as error:
                # Nobody is sent away because the database is: who was let in stays until it can be asked.
                log.warning("keys of open sockets could not be checked (trying again): %s", type(error).__name__)

    async def check(self) -> None:
        """End the admissions whose keys were revoked or have expired. Raises what the database raises."""
        ids = list(self._by_key)
        if not ids:
            return
        for key_id in set(ids) - await standing_keys(self._engine, ids):
            for admission in list(self._by_key.get(key_id, ())):
                admission.end(REVOKED)

    async def identify(self, token: str) -> Identity:
        """As Authenticator.identify."""
        return await self._authenticator.identify(token)

    def join(self, key_id: UUID, admission: "Admission") -> None:
        """Check this key for `admission` from now on."""
        self._by_key.setdefault(key_id, set()).add(admission)

    def part(self, key_id: UUID, admission: "Admission") -> None:
        """Check it no more."""
        if others := self._by_key.get(key_id):
            others.discard(admission)
            if not others:
                del self._by_key[key_id]


class Admission:
    """One open socket's. Made by Admissions.admit; `leave` when the socket is closed."""

    __slots__ = ("_admissions", "_end", "_timer", "identity")

    def __init__(self, admissions: Admissions, identity: Identity, end: Callable[[str], None]) -> None:
        self.identity = identity
        """Who is there, as the last token said."""
        self._admissions = admissions
        self._end: Callable[[str], None] | None = end
        self._timer: asyncio.Handle | None = None
        self._watch()

    async def renew(self, token: str) -> None:
        """Go on with a fresher token of the same person.

        Raises Problem("unauthorized") when it is not let in or somebody else's: then the socket has to be closed.
        Whatever else Authenticator.identify raises means that nobody could tell: it goes on as it was.
        """
        identity = await self._admissions.identify(token)
        if not identity.is_same_person(self.identity):
            raise Problem("unauthorized", "token: it is somebody else's; open another socket with it")
        if self._end is None:
            raise Problem("unauthorized", "token: it came too late; reconnect with it")
        self._unwatch()
        self.identity = identity
        self._watch()

    def leave(self) -> None:
        """The socket is closed: watch it no more. Harmless when repeated."""
        self._unwatch()
        self._end = None

    def end(self, why: str) -> None:
        """Tell the socket to close. Harmless when it was told, or has left."""
        end = self._end
        self.leave()
        if end is not None:
            end(why)

    def _watch(self) -> None:
        if self.identity.key_id is not None:
            self._admissions.join(self.identity.key_id, self)
        self._look()

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.identity.key_id is not None:
            self._admissions.part(self.identity.key_id, self)

    def _look(self) -> None:
        if self.identity.expires_at is None:
            return
        left = self.identity.expires_at - time.time()
        loop = asyncio.get_running_loop()
        if left > 0:
            self._timer = loop.call_later(min(left, LONGEST_NAP_SECONDS), self._look)
        else:
            # Not from within the constructor: whoever is being let in could not be closed yet.
            self._timer = loop.call_soon(self.end, EXPIRED)
