"""Reads the bytes out of a `data:` URI (RFC 2397), which some models answer instead of an address."""

import base64
import binascii
import string
from urllib.parse import unquote_to_bytes

from pipeline.errors import OutputBroken

_BLANKS = string.whitespace.encode()
_PIECE = 64 * 1024
"""Bytes of percent-encoded data that are read at once; 64 MB of escapes at once would be three gigabytes of objects."""
_STANDARD = bytes.maketrans(b"-_", b"+/")


def decode_data_uri(uri: str, max_bytes: int) -> bytes:
    """The decoded bytes of `uri`, base64 or percent-encoded; its media type is ignored, as names are.

    Raises OutputBroken when it is malformed or holds more than `max_bytes`.
    """
    head, comma, body = uri.partition(",")
    if not comma:
        raise OutputBroken("The output is a data: address without data.")
    # Nothing shrinks more than percent escapes, to a third: refuse the hopeless before decoding it.
    if len(body) > 3 * max_bytes:
        raise OutputBroken(f"The output has more than {max_bytes:,} bytes.")
    data = _unescaped(body.encode())
    if any(parameter.strip().lower() == "base64" for parameter in head.split(";")[1:]):
        data = decode_base64(data)
    if len(data) > max_bytes:
        raise OutputBroken(f"The output has {len(data):,} bytes; at most {max_bytes:,} are kept.")
    return data


def _unescaped(body: bytes) -> bytes:
    """`body` without its percent escapes. In pieces: each escape of a piece is an object meanwhile."""
    if b"%" not in body:
        return body
    pieces, at = [], 0
    while at < len(body):
        end = at + _PIECE
        if (escape := body.find(b"%", end - 2, end)) >= 0:
            end = escape  # It is not cut in two.
        pieces.append(unquote_to_bytes(body[at:end]))
        at = end
    return b"".join(pieces)


def decode_base64(encoded: bytes) -> bytes:
    """The bytes that `encoded` holds, as browsers read it: blanks and line breaks count for nothing, padding may be
    missing (https://infra.spec.whatwg.org/#forgiving-base64-decode); and in the alphabet for addresses, which many
    libraries write. Raises OutputBroken.
    """
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        bare = encoded.translate(_STANDARD, _BLANKS).rstrip(b"=")
        try:
            return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
        except binascii.Error as error:
            raise OutputBroken(f"The output is a data: address with damaged base64 ({error}).") from error
