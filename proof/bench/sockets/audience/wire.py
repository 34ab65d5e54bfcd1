"""As much of the websocket protocol as a client needs whose own weight must not be measured. RFC 6455."""

import struct
from typing import NamedTuple

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_FINAL = 0x80
_MASKED = 0x80
_NO_MASK = bytes(4)
"""A client must mask; a key of zeros leaves everything as it is."""


def handshake(host: str, path: str, key: str | None) -> bytes:
    """The request that opens a websocket, with an API key when there is one."""
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{authorization}"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame, as a client sends it; less than 64 KiB."""
    if len(payload) < 126:
        return bytes((_FINAL | opcode, _MASKED | len(payload))) + _NO_MASK + payload
    return struct.pack("!BBH", _FINAL | opcode, _MASKED | 126, len(payload)) + _NO_MASK + payload


class Frame(NamedTuple):
    """One frame of the server's."""

    opcode: int
    payload: bytes
    end: int
    """Where the next one begins."""


def read_frame(data: bytes, start: int) -> Frame | None:
    """The frame at `start`, or None when not all of it is there. Raises ValueError for what our server never sends."""
    if len(data) - start < 2:
        return None
    first, length = data[start], data[start + 1]
    if not first & _FINAL or length & _MASKED:
        raise ValueError("a fragment, or a masked frame")
    begin = start + 2
    if length >= 126:
        code, size = ("!H", 2) if length == 126 else ("!Q", 8)
        if len(data) - begin < size:
            return None
        (length,) = struct.unpack_from(code, data, begin)
        begin += size
    end = begin + length
    return Frame(first & 0x0F, data[begin:end], end) if len(data) >= end else None
