"""Attribute values and style sheets: what refers to anything outside the drawing is left out."""

import re

# An escape could spell any of the words below in another way, so none is taken.
_OUTSIDE = re.compile(
    r"[@\\<]|expression|javascript:|image\s*\(|image-set|src\s*\(|element\s*\(|-moz-binding", re.IGNORECASE
)
_URL = re.compile(r"url\s*\(", re.IGNORECASE)
_OWN_URL = re.compile(r"url\(\s*(['\"]?)#[\w.:-]+\1\s*\)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)(?:e(\+?\d))?\s*(px)?\s*", re.IGNORECASE)

LARGEST_SIDE = 65_535
"""Pixels; what a drawing says beyond that is taken for this."""


def is_own(value: str) -> bool:
    """Whether a value or a style sheet refers to nothing but parts of its own drawing."""
    value = _COMMENT.sub("", value)
    return not _OUTSIDE.search(value) and not _URL.search(_OWN_URL.sub("", value))


def is_own_reference(value: str) -> bool:
    """Whether a link leads to a part of its own drawing."""
    return re.fullmatch(r"#[\w.:-]+", value.strip()) is not None


def size_of(root: dict[str, str]) -> tuple[int, int] | None:
    """Width and height in pixels that the root's attributes give; None when they give none.

    A length in pixels counts; else the view box does, as browsers take it where they can choose.
    """
    view = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    box = [_length(part) for part in view[2:]] if len(view) == 4 else [None, None]
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
            return None
    return _pixels(found[0]), _pixels(found[1])


def _length(text: str) -> float | None:
    """A positive length in pixels; None for another unit, a share, or nonsense."""
    found = _LENGTH.fullmatch(text)
    number = float(f"{found[1]}e{found[2] or 0}") if found else 0.0
    return number or None


def _pixels(side: float) -> int:
    return min(LARGEST_SIDE, max(1, round(side)))
