"""Reads the bytes out of a `data:` URI (RFC 2397), which some models answer instead of an address."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

from pipeline.errors import OutputBroken


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
    data = unquote_to_bytes(body)
    if head.lower().endswith(";base64"):
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise OutputBroken(f"The output is a data: address with damaged base64 ({error}).") from error
    if len(data) > max_bytes:
        raise OutputBroken(f"The output has {len(data):,} bytes; at most {max_bytes:,} are kept.")
    return data
