"""uvicorn's HTTP protocol with deadlines: for a request's head, for its body, and for a client that does not read.

By itself uvicorn waits for ever on a request that was begun: hundreds of half-sent ones stay open, each with a buffer.
One timer a connection looks every few seconds whether a deadline has passed; what a request costs is setting it.
"""

import asyncio
import math
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.gateway.line import GatewayProtocol
from api.intake import PLACE, Intake, Place

PIECE_BYTES = 64 * 1024
"""How much of a body has to come, or of an answer to be read, within DARKROOM_STALL_SECONDS."""

_ANSWER = (
    b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s"
)
_TOO_MANY = (
    b'{"type":"/problems/unavailable","title":"A part Darkroom stands on does not answer","status":503,"detail":'
    b'"this server holds as many connections as it takes (DARKROOM_MAX_CONNECTIONS, DARKROOM_MAX_PER_ADDRESS); '
    b'connect again later"}'
)
_TOO_LATE = (
    b'{"title":"Request Timeout","status":408,"detail":"the request was not there in time (DARKROOM_HEADER_SECONDS, '
    b'DARKROOM_STALL_SECONDS); send it again"}'
)


class HttpProtocol(HttpToolsProtocol):
    """One connection. Not with `python -m api.bare`, which shows what uvicorn does by itself."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        intake: Intake,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._intake = intake
        self._place: Place | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = math.inf
        """When what the client is sending has to be there, by the loop's clock."""
        self._write_deadline = math.inf
        self._received = 0
        """Bytes of the body since its deadline was last set."""
        self._reads_head = True
        self._was_closing = False

    # The transport's calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, or refuse."""
        super().connection_made(transport)
        self._place = self._intake.enter(self.client[0] if self.client else None, transport.abort)
        self._deadline = self.loop.time() + self._intake.header_seconds
        self._look_in(self._intake.header_seconds)
        if self._place is None:
            transport.write(_ANSWER % (b"503 Service Unavailable", len(_TOO_MANY), _TOO_MANY))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        super().connection_lost(exc)
        self._stop_looking()
        if self._place is not None:
            self._place.leave()

    def data_received(self, data: bytes) -> None:
        """Note that a request may begin: uvicorn's own timer of idle connections ends with the first byte."""
        if self._place is None:
            return
        if self._deadline == math.inf and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()
        super().data_received(data)

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        self._write_deadline = self.loop.time() + self._intake.stall_seconds

    def resume_writing(self) -> None:
        """It reads."""
        super().resume_writing()
        self._write_deadline = math.inf

    # The parser's calls

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["state"][PLACE] = self._place
        if self._deadline == math.inf:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        super().on_headers_complete()
        self._reads_head = False
        self._expect_body()
        if self._place is not None:
            self._place.set_waiting(False)

    def on_body(self, body: bytes) -> None:
        """A piece of its body is there."""
        super().on_body(body)
        self._received += len(body)
        if self._received >= PIECE_BYTES:
            self._expect_body()

    def on_message_complete(self) -> None:
        """All of it is there."""
        super().on_message_complete()
        self._deadline = math.inf

    def on_response_complete(self) -> None:
        """It is answered."""
        super().on_response_complete()
        if self._place is not None and not self.pipeline:
            self._place.set_waiting(True)

    def handle_websocket_upgrade(self) -> None:
        """From now on another protocol has the connection, and its place until the client has signed in."""
        self._stop_looking()
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, GatewayProtocol):
            protocol.place = self._place

    # The deadlines

    def _expect_head(self) -> None:
        self._reads_head = True
        self._deadline = self.loop.time() + self._intake.header_seconds

    def _expect_body(self) -> None:
        self._received = 0
        self._deadline = self.loop.time() + self._intake.stall_seconds

    def _look_in(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._look)

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self.loop.time()
        if self.transport.is_closing():
            if self._was_closing:
                self.transport.abort()  # the client does not read what was written last
                return
            self._was_closing = True
            self._look_in(self._intake.stall_seconds)
            return
        if self.flow.read_paused:
            # It is we who do not read.
            self._deadline = max(self._deadline, now + self._intake.stall_seconds)
        if self._write_deadline <= now:
            self.transport.abort()
        elif self._deadline <= now:
            self._end_late()
        else:
            # No deadline that is set from now on lies before the next look.
            longest = min(self._intake.header_seconds, self._intake.stall_seconds)
            self._look_in(min(longest, self._deadline - now, self._write_deadline - now))

    def _end_late(self) -> None:
        """The request was begun and did not come: say so, if nothing is being said already."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and (self._reads_head or self.cycle.response_started):
            self.transport.abort()
            return
        if answering:
            # Whoever reads the body hears that nobody is there any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if answering or self.scope is not None:
            self.transport.write(_ANSWER % (b"408 Request Timeout", len(_TOO_LATE), _TOO_LATE))
        self.transport.close()
        self._was_closing = True
        self._look_in(self._intake.stall_seconds)
