"""The line: one socket's connection, written to without waiting, measured in bytes, and cut when nothing else helps.

ASGI's `send` can only be awaited, and waits for ever on a client that has stopped reading; it can neither say how much
waits nor cut the connection off. So the gateway's sockets get uvicorn's own protocol with this handle in its scope.
"""

from collections.abc import Callable
from typing import Protocol, cast

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from api.gateway.frame import Frame
from api.intake import Place

EXTENSION = "darkroom.line"
LEAVE_SECONDS = 10.0
"""How long a client may take to read what is on its way and to answer the close frame; then it is cut off."""


class Line(Protocol):
    """What an outbox writes to."""

    on_writable: Callable[[], None] | None
    """Called when it takes frames again."""

    @property
    def is_writable(self) -> bool:
        """Whether a frame written now leaves without piling up."""

    def write(self, frame: Frame) -> None:
        """Send a frame; nothing happens when the other side is gone."""


class SocketLine:
    """A websocket's line."""

    __slots__ = ("_protocol", "is_writable", "on_writable")

    def __init__(self, protocol: "GatewayProtocol") -> None:
        if protocol.conn.extensions:
            # A compressed frame is not the same bytes for every client.
            raise RuntimeError("the gateway's frames are written as they are: turn ws_per_message_deflate off")
        self._protocol = protocol
        self.on_writable: Callable[[], None] | None = None
        self.is_writable = True
        """Whether less than the transport's high-water mark (64 KiB) waits."""

    @property
    def waiting_bytes(self) -> int:
        """How much the transport holds that the kernel has not taken."""
        return self._protocol.transport.get_write_buffer_size()

    def write(self, frame: Frame) -> None:
        """Send a frame: past the protocol's own writer, which would make the same bytes for every socket anew."""
        protocol = self._protocol
        if protocol.close_sent or protocol.disconnected or protocol.conn.state is not OPEN:
            return
        protocol.transport.write(frame.wire)

    def forget_handshake(self) -> None:
        """Let go of what the client came with, once it has been let in: 3 kB, its key, its place among strangers."""
        protocol = self._protocol
        if protocol.place is not None:
            protocol.place.leave()
        scope = cast(Scope, protocol.scope)
        scope["headers"].clear()
        scope["query_string"] = b""
        protocol.request.path = ""
        protocol.request.headers.clear()
        protocol.response.headers.clear()

    def set_waiting(self, waiting: bool) -> None:
        """Whether it is the client's turn, who has not been let in: such a connection may have to make room."""
        if self._protocol.place is not None:
            self._protocol.place.set_waiting(waiting)

    def close(self, code: int, reason: str) -> None:
        """Send the close frame behind what waits; a client that does not answer it in time is cut off."""
        self.set_waiting(True)
        protocol = self._protocol
        if protocol.close_sent or protocol.disconnected or protocol.conn.state is not OPEN:
            return
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        protocol.conn.send_close(code, reason)
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        if protocol.read_paused:
            # The client's answer to the close frame has to be read.
            protocol.read_paused = False
            protocol.transport.resume_reading()
        protocol.close_timer = protocol.loop.call_later(LEAVE_SECONDS, protocol.transport.abort)


class GatewayProtocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol, with its line in the scope's extensions."""

    line: SocketLine | None = None
    place: Place | None = None
    """Where the connection is counted until its client has been let in."""

    async def run_asgi(self) -> None:
        """Run the application, which finds the line in its scope."""
        self.line = SocketLine(self)
        cast(Scope, self.scope)["extensions"][EXTENSION] = self.line
        await super().run_asgi()

    def pause_writing(self) -> None:
        """The transport takes no more frames for now."""
        super().pause_writing()
        if self.line is not None:
            self.line.is_writable = False

    def resume_writing(self) -> None:
        """The transport takes frames again."""
        super().resume_writing()
        if self.line is not None:
            self.line.is_writable = True
            if self.line.on_writable is not None:
                self.line.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        super().connection_lost(exc)
        if self.place is not None:
            self.place.leave()

    def keepalive_timeout(self) -> None:
        """A ping was not answered: the close frame would wait behind what was not read, and the connection for ever."""
        super().keepalive_timeout()
        self.transport.abort()


def line_of(scope: Scope) -> SocketLine:
    """The line of a websocket's scope. Raises RuntimeError under a server that gives none."""
    line = scope.get("extensions", {}).get(EXTENSION)
    if not isinstance(line, SocketLine):
        raise RuntimeError("the gateway needs `python -m api`, whose websocket protocol it writes to")
    return line
