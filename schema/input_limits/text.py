"""Texts: what Postgres and JSON can hold."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")

NUL = "must not contain the character U+0000"
SURROGATE = "must not contain half of a surrogate pair"


def text_limit(text: str) -> str | None:
    """The limit that a text breaks, or None.

    Postgres stores no U+0000, and UTF-8 has no surrogates: half of a pair comes from `"\\ud83d"` in JSON.
    """
    if "\x00" in text:
        return NUL
    return SURROGATE if not text.isascii() and _SURROGATE.search(text) else None
