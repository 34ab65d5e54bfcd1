"""A frame's bytes on the wire: as the protocol's own writer makes them, and once for everybody."""

from uuid import UUID

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as Reference
from websockets.frames import Opcode

from api.gateway.frame import Frame
from api.gateway.line import SocketLine
from api.gateway.view import Own, View
from pipeline.read import read_generation
from tests.api.conftest import Web
from tests.api.gateway.load import submit_many
from tests.api.gateway.slow import sockets_of
from tests.api.test_websocket import socket


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_every_length_is_written_as_the_protocol_writes_it(length: int) -> None:
    text = b"x" * length
    assert Frame(text).wire == Reference(Opcode.TEXT, text).serialize(mask=False)


async def test_who_was_sent_as_much_gets_the_same_frame(web: Web) -> None:
    (id_,) = await submit_many(web.state, "somebody", 1, "short")
    row = await read_generation(web.state.engine, UUID(id_))
    assert row is not None
    view, topic = View(row), f"generation:{id_}"
    (frame,) = view.frames(topic, 0, Own.VERSION)
    assert view.frames(topic, 0, Own.VERSION)[0] is frame
    assert view.frames(topic, 1, Own.VERSION) == []
    others = [
        view.frames(topic.upper(), 0, Own.VERSION),
        view.frames("generations", 0, "x:1"),
        view.frames(topic, 0, None),
    ]
    assert len({frame.text for frame in (frame, *(other for (other,) in others))}) == 4


async def test_a_compressed_connection_is_refused(web: Web) -> None:
    async with web.darkroom.user() as user, socket(web.darkroom, user.key):
        (mine,) = sockets_of(web.state)
        protocol = mine._line._protocol
        protocol.conn.extensions = [PerMessageDeflate(False, False, 12, 12)]
        with pytest.raises(RuntimeError, match="ws_per_message_deflate"):
            SocketLine(protocol)
        protocol.conn.extensions = []


async def test_nothing_of_the_handshake_is_kept(web: Web) -> None:
    async with web.darkroom.user() as user, socket(web.darkroom, None, f"?access_token={user.key}") as connection:
        await connection.send('{"type":"unsubscribe","topic":"queue"}')
        await connection.recv()
        (mine,) = sockets_of(web.state)
        protocol = mine._line._protocol
        for kept in (protocol.scope["headers"], protocol.request.headers, protocol.response.headers):
            assert not kept
        assert (protocol.scope["query_string"], protocol.request.path) == (b"", "")
        await connection.send('{"type":"subscribe","topic":"generations"}')
        assert '"subscribed"' in str(await connection.recv())
