"""Stored documents, read back: what somebody else may have written by SQL never raises here."""

from typing import Any

import orjson

from schema.input_limits.document import Unreadable
from schema.input_limits.json_body import is_deeper

MAX_STORED_DEPTH = 200
"""Levels of a document that is still shown. orjson writes 254, and what shows a document adds a few."""


def read_stored(text: str | bytes) -> Any:
    """The document in a json or jsonb column; an Unreadable in place of one that could not be written out again.

    Whoever reads many rows in one statement loses none of them because of one. Counting the brackets costs little
    beside the parsing.
    """
    if is_deeper(text if isinstance(text, str) else text.decode(), MAX_STORED_DEPTH):
        return Unreadable(f"it is nested more than {MAX_STORED_DEPTH} levels deep")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Unreadable(f"it cannot be read: {error.msg[:200]}")
