"""Shortens a JSON value to a text for people, within limits of depth, number and length, that can be stored."""

from typing import Final

import orjson

LONGEST: Final = 1_500
"""Characters of the whole."""
_LONGEST_TEXT: Final = 160
_MOST_ITEMS: Final = 20
_DEEPEST: Final = 8


def shortened(value: object) -> str:
    """`value` as JSON of at most LONGEST characters: long texts, lists and objects are cut, and say so.

    Never raises.
    """
    # str: whatever is no JSON value.
    text = orjson.dumps(_cut(value, 0), default=str).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _cut(value: object, depth: int) -> object:
    match value:
        case str():
            return _cut_text(value)
        case list() | dict() if depth >= _DEEPEST:
            return "…"
        case list():
            kept = [_cut(item, depth + 1) for item in value[:_MOST_ITEMS]]
            return kept if len(value) <= _MOST_ITEMS else [*kept, f"… ({len(value):,} items)"]
        case dict():
            names = list(value)[:_MOST_ITEMS]
            kept_items = {_cut_text(str(name)): _cut(value[name], depth + 1) for name in names}
            return kept_items if len(value) <= _MOST_ITEMS else {**kept_items, "…": f"{len(value):,} keys"}
        case int() if not -(2**63) <= value < 2**64:
            # Past what JSON is written with here.
            return _cut_text(hex(value))
    return value


def _cut_text(text: str) -> str:
    # Postgres keeps no NUL in a text, and UTF-8 no lone surrogate.
    whole = text[:_LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()
    return whole if len(text) <= _LONGEST_TEXT else f"{whole}… ({len(text):,} characters)"
