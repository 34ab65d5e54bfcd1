"""What stands before an XML document's root element: declaration, comments, instructions, document type."""

import re
from typing import Final

LOOKS_AT: Final = 16 * 1024
"""Bytes; Adobe's programs write one kilobyte before the root, licences take a few."""

_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?svg(?![^\s/>])", re.IGNORECASE)
_SPACE: Final = re.compile(rb"\s*")
_DOCTYPE: Final = re.compile(rb"<!doctype\s+(?:[\w.-]+:)?svg(?![^\s\[>])", re.IGNORECASE)
_STOP: Final = re.compile(rb"[\"'\[\]>]|<!--|<\?")
"""What matters inside a document type."""
_CLOSED_BY: Final = {b'"': b'"', b"'": b"'", b"<!--": b"-->", b"<?": b"?>"}


def is_svg(data: bytes) -> bool:
    """Whether the root element of `data` is an svg element; nothing is said of what follows. Looks at 16 kB."""
    start = data[:LOOKS_AT]
    if start.startswith(_BYTE_ORDER_MARKS):
        start = start.decode("utf-16", "ignore").encode()
    start = start.removeprefix(b"\xef\xbb\xbf")
    at = 0
    while True:
        at = _end_of(_SPACE, start, at)
        if start.startswith(b"<?", at):
            at = _behind(b"?>", start, at)
        elif start.startswith(b"<!--", at):
            at = _behind(b"-->", start, at + 4)
        elif _DOCTYPE.match(start, at):
            at = _behind_doctype(start, at + 2)
        else:
            return _ROOT.match(start, at) is not None


def _end_of(pattern: re.Pattern[bytes], start: bytes, at: int) -> int:
    found = pattern.match(start, at)
    return found.end() if found else at


def _behind(closing: bytes, start: bytes, at: int) -> int:
    """The place behind the next `closing`, or the end where there is none."""
    found = start.find(closing, at)
    return len(start) if found < 0 else found + len(closing)


def _behind_doctype(start: bytes, at: int) -> int:
    """The place behind a document type, whose brackets hold declarations with quoted values."""
    inside = False
    while found := _STOP.search(start, at):
        stop, at = found[0], found.end()
        if stop == b">" and not inside:
            return at
        if stop in b"[]":
            inside = stop == b"["
        elif stop in _CLOSED_BY:
            at = _behind(_CLOSED_BY[stop], start, at)
    return len(start)
