"""A frame: the text that clients get, made once for however many of them."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

_TEXT = 0x81
"""A whole text message. A server masks nothing, so every client gets the same bytes. RFC 6455, section 5.2."""


@dataclass(frozen=True)
class Frame:
    """One text frame."""

    text: bytes

    def __len__(self) -> int:
        return len(self.text)

    @cached_property
    def wire(self) -> bytes:
        """As it goes over a websocket's connection."""
        length = len(self.text)
        if length < 126:
            head = struct.pack("!BB", _TEXT, length)
        elif length < 2**16:
            head = struct.pack("!BBH", _TEXT, 126, length)
        else:
            head = struct.pack("!BBQ", _TEXT, 127, length)
        return head + self.text


def frame_of(content: Mapping[str, Any]) -> Frame:
    """The frame that says `content`."""
    return Frame(orjson.dumps(content))
