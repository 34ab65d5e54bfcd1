"""Attribute values and style sheets: what refers to anything outside the drawing is left out.

Every pattern here takes time in proportion to what it reads: no two quantifiers that match the same character meet.
"""

import re
from typing import Final

# An escape could spell any of the words below in another way, so none is taken.
_OUTSIDE = re.compile(
    r"[@\\<]|expression|javascript:|image\s*\(|image-set|src\s*\(|element\s*\(|-moz-binding", re.IGNORECASE
)
_URL = re.compile(r"url\s*\(", re.IGNORECASE)
_OWN_URL = re.compile(r"url\(\s*(['\"]?)#[\w.:-]+\1\s*\)", re.IGNORECASE)
_OWN_REFERENCE = re.compile(r"#[\w.:-]+")
_LENGTH = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d{1,2})(?![a-z]))?([a-z]*)", re.IGNORECASE)

_PIXELS: Final = {
    "": 1.0,
    "px": 1.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
    "pt": 96 / 72,
    "pc": 16.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
}
"""In one of each unit. Source: CSS Values 4, 6.1 and 6.2, with the initial font size, 16 pixels."""

LARGEST_SIDE: Final = 65_535
"""Pixels; what a drawing says beyond that is taken for this."""
LONGEST_LENGTH: Final = 64
"""Characters of an attribute that gives a length; longer ones give none."""
UNSIZED: Final = 300.0, 150.0
"""Pixels of a drawing that says nothing of its size, as browsers show it. Source: CSS 2.2, 10.3.2 and 10.6.2."""


def own_value(value: str) -> str | None:
    """The value or style sheet without its comments; None when it refers to anything but parts of its own drawing.

    What is returned is what was looked at. A comment that only seems to be one (in a string, say) hides nothing.
    """
    if "/*" in value:
        pieces = _around_comments(value)
        if not _is_own("".join(pieces)):
            return None
        value = " ".join(pieces)
    return value if _is_own(value) else None


def _is_own(value: str) -> bool:
    return not _OUTSIDE.search(value) and not _URL.search(_OWN_URL.sub("", value))


def _around_comments(value: str) -> list[str]:
    """What stands before, between and behind the comments; one that is not closed reaches to the end (CSS Syntax 3)."""
    pieces, at = [], 0
    while (opened := value.find("/*", at)) >= 0:
        pieces.append(value[at:opened])
        closed = value.find("*/", opened + 2)
        if closed < 0:
            return pieces
        at = closed + 2
    return [*pieces, value[at:]]


def is_own_reference(value: str) -> bool:
    """Whether a link leads to a part of its own drawing."""
    return _OWN_REFERENCE.fullmatch(value.strip()) is not None


def size_of(root: dict[str, str]) -> tuple[int, int]:
    """Width and height in pixels that the root's attributes give, as a browser takes them that may choose freely.

    Lengths count; a share of the page is none. Then the view box does, and at last what a drawing without size gets.
    """
    view = root.get("viewBox", "")
    parts = view.replace(",", " ").split() if len(view) <= 4 * LONGEST_LENGTH else []
    box = [_length(part) for part in parts[2:]] if len(parts) == 4 else [None, None]
    sides = _length(root.get("width", "")), _length(root.get("height", ""))
    match sides, box:
        case (float(width), float(height)), _:
            found = width, height
        case (float(width), None), [float(across), float(down)]:
            found = width, width * down / across
        case (None, float(height)), [float(across), float(down)]:
            found = height * across / down, height
        case _, [float(across), float(down)]:
            found = across, down
        case _:
            found = sides[0] or UNSIZED[0], sides[1] or UNSIZED[1]
    return _pixels(found[0]), _pixels(found[1])


def _length(text: str) -> float | None:
    """A positive length in pixels; None for a share, an unknown unit, or nonsense."""
    if len(text) > LONGEST_LENGTH or not (found := _LENGTH.fullmatch(text.strip())):
        return None
    number = float(f"{found[1]}e{found[2] or 0}") * _PIXELS.get(found[3].lower(), 0.0)
    return number or None


def _pixels(side: float) -> int:
    return max(1, round(min(LARGEST_SIDE, side)))
