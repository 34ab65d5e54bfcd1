"""A connection: what every websocket here has, whichever protocol it speaks: its line, its outbox, and how it ends."""

import asyncio
from abc import ABC, abstractmethod

from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth.identity import Identity
from api.gateway.line import line_of
from api.gateway.outbox import Outbox
from api.gateway.reading import Reader, TooFast
from api.intake import address_of
from api.state import State
from schema.wire import frames


class Closed(Exception):
    """The conversation is over; `code` says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Connection(ABC):
    """One client's websocket. Who inherits says what is spoken on it, and what has to be let go in the end."""

    def __init__(self, websocket: WebSocket, state: State) -> None:
        self._websocket = websocket
        self._state = state
        self._reader = Reader(websocket)
        self._line = line_of(websocket.scope)
        self.outbox = Outbox(self._line, self.too_slow)
        self._closing: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Accept, then converse until the client leaves."""
        self._state.sockets.join(self)
        try:
            await self._websocket.accept()
            await self._converse()
        except Closed as closed:
            await self._close(closed.code, str(closed))
        except TooFast as reason:
            await self._close(frames.CLOSE_TOO_MANY, str(reason))
        except WebSocketDisconnect:
            # The usual end: nothing to say to a client that is gone.
            return
        finally:
            self._state.sockets.part(self)
            self.outbox.close()
            self._let_go()

    @abstractmethod
    async def _converse(self) -> None:
        """Obey what comes, for ever. Raises Closed, TooFast, WebSocketDisconnect."""

    @abstractmethod
    def _let_go(self) -> None:
        """The socket is closed: follow and watch nothing more for it."""

    def _let_in(self, identity: Identity) -> None:
        """Its client has shown who it is. Raises Closed when there is no room for one that is nobody in particular."""
        anonymous = identity.role == "anonymous"
        if anonymous and (why := self._state.sockets.join_anonymous(self, address_of(self._websocket))):
            raise Closed(frames.CLOSE_TOO_MANY, why)
        self._line.forget_handshake()

    @property
    def waiting_bytes(self) -> int:
        """What this process holds for a client that has not read it yet."""
        return self.outbox.waiting_bytes + self._line.waiting_bytes

    def leave(self) -> None:
        """The process is about to stop."""
        self._end(frames.CLOSE_DRAINING, "this server is about to stop; reconnect after a random moment")

    def put_out(self, why: str) -> None:
        """Whoever is there is not let in any more: nothing more is said, not even what was asked for before."""
        self.outbox.close()
        self._end(frames.CLOSE_AUTH, why)

    def too_slow(self) -> None:
        """More waits than may wait."""
        self.outbox.close()
        self._end(frames.CLOSE_SLOW, "too slow; reconnect and resume")

    def lost(self) -> None:
        """What was sent may never have happened."""
        self._end(frames.CLOSE_DRAINING, "the database has gone back; reconnect")

    def _end(self, code: int, reason: str) -> None:
        # Kept, because the loop itself holds tasks only weakly.
        self._closing = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        await self.outbox.flush()
        self._line.close(code, reason)
