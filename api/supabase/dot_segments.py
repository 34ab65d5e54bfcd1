"""Paths that stay below their prefix, whoever resolves them, and however often they decode them first."""

import unicodedata
from urllib.parse import unquote_to_bytes

MOST_ENCODINGS = 4
"""Layers of percent-encoding that a path may have. A client adds one, a careless proxy another."""
_DOTS = frozenset({".", ".."})


def stays_below(prefix: str, raw_path: bytes) -> bool:
    """Whether `raw_path`, as it came over the wire, begins with `prefix` and cannot be led out of it again.

    No segment is `.` or `..`: not percent-encoded, not several times, not behind an encoded slash or a backslash, not
    with a parameter (`..;x`), not in Unicode's other dots. And nothing is in it that servers disagree about: control
    characters, and what is no UTF-8.
    """
    if not raw_path.startswith(prefix.encode()):
        return False
    for _ in range(MOST_ENCODINGS + 1):
        if not _is_plain(raw_path):
            return False
        if (decoded := unquote_to_bytes(raw_path)) == raw_path:
            return True
        raw_path = decoded
    return False


def _is_plain(path: bytes) -> bool:
    try:
        text = unicodedata.normalize("NFKC", path.decode())
    except UnicodeDecodeError:
        return False
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        return False
    segments = text.replace("\\", "/").split("/")
    return not any(segment.partition(";")[0].strip() in _DOTS for segment in segments)
