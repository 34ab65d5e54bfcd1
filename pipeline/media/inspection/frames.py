"""The frames between a worker and its inspection processes: two lengths, a head in JSON, a body of bytes.

JSON, because a parser that a picture has taken over must not make the worker run what it answers.
"""

import json
import struct
from typing import Any, Final

LENGTHS: Final = struct.Struct("!IQ")
"""Of head and body, in bytes."""
MAX_HEAD: Final = 64 * 1024
MAX_BODY: Final = 64 * 2**20


def frame_start(head: dict[str, Any], body: bytes) -> bytes:
    """What precedes `body`."""
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), len(body)) + text


def read_lengths(start: bytes) -> tuple[int, int]:
    """The lengths of head and body. Raises ValueError when they are beyond the limits."""
    head, body = LENGTHS.unpack(start)
    if head > MAX_HEAD or body > MAX_BODY:
        raise ValueError(f"a frame of {head:,} and {body:,} bytes; at most {MAX_HEAD:,} and {MAX_BODY:,} are read")
    return head, body


def read_head(text: bytes) -> dict[str, Any]:
    """The head. Raises ValueError when it is no JSON object."""
    head = json.loads(text)
    if not isinstance(head, dict):
        raise ValueError("a frame's head is no object")
    return head
