"""Reads one text of an output as the address of a picture, or as its bytes in base64."""

import base64
import re
from typing import Final

from pipeline.media.prolog import LOOKS_AT, is_svg

LONGEST_ADDRESS: Final = 16_384
"""Characters. The longest signed addresses have some four thousand."""

_WEB = re.compile(r"(https?:)?//(?=[^\s/?#])", re.IGNORECASE)
_DATA = re.compile(r"data\s*+:\s*+(?=(?:[\w.+-]++/[\w.+*-]++)?\s*+(?:;[^,]{0,300})?,)", re.IGNORECASE)
"""Whoever owns a model writes this text, of any length: what a quantifier has taken it does not give back."""
_DRAWING = re.compile(r"\s*<(?:svg[\s>]|\?xml\s)", re.IGNORECASE)
_MARKUP = re.compile(r"\s*<[!\w]")
_INVISIBLE = "\ufeff\u200b\u2060"
_BREAKS = str.maketrans("", "", "\t\r\n")
_SIGNATURES: Final = (
    ("png", re.compile("iVBORw0KGg")),
    ("jpeg", re.compile("[/_]9j[/_]")),
    ("gif", re.compile("R0lGOD[dl]h")),
    ("webp", re.compile("UklGR")),
    # A box's length, a multiple of four, then `ftyp`.
    ("avif", re.compile("AAAA[A-Za-z0-9+/_-]GZ0eX")),
    # `<svg`, `<?xm`, `<!--` and `<!DO`, as letters that six bits cannot move.
    ("svg+xml", re.compile("PHN2Z|PD94b|PCEtL|PCFET|PCFkb")),
)
"""How pictures begin in base64, in either alphabet."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_=\s%-]+")
_LOOKED_AT: Final = 64
"""Characters of a text that are looked at to tell what it is."""


def as_address(text: str) -> str | None:
    """`text` as an http(s) address or a data: URI, or None when it is neither.

    Taken as a browser takes it: blanks around it and line breaks in it are dropped, the scheme may be in capitals or
    left out before `//` (then it is https).
    """
    bare = text.strip().strip(_INVISIBLE).strip()
    if "\0" in bare or not _is_unicode(bare):
        return None
    if scheme := _DATA.match(bare):
        head, _, body = bare[scheme.end() :].partition(",")
        # Some forget to say that it is base64.
        said = "" if "base64" in head.lower() or not has_signature(body) else ";base64"
        return f"data:{head}{said},{body}"
    scheme = _WEB.match(bare)
    if scheme is None or len(bare) > LONGEST_ADDRESS:
        return None
    return f"{(scheme[1] or 'https:').lower()}//{bare[scheme.end() :].translate(_BREAKS)}"


def has_signature(text: str) -> bool:
    """Whether `text` is base64 that begins as a picture does."""
    return _kind_of(text) is not None


def as_encoded(text: str, kind: str) -> str | None:
    """Base64 as a data: URI; None when `text` is empty or something else. `kind` when its beginning tells none."""
    bare = text.strip()
    if not bare.isascii() or "\0" in bare or not _BASE64.fullmatch(bare[:_LOOKED_AT]):
        return None
    return f"data:image/{_kind_of(bare) or kind};base64,{bare}"


def as_drawing(text: str) -> str | None:
    """The text of an SVG as a data: URI; None when `text` is none."""
    if not _is_unicode(text):
        return None
    # Comments and document types may come first.
    if not _DRAWING.match(text) and not (_MARKUP.match(text) and is_svg(text[:LOOKS_AT].encode())):
        return None
    return f"data:image/svg+xml;base64,{base64.b64encode(text.strip().encode()).decode()}"


def _kind_of(text: str) -> str | None:
    beginning = "".join(text[: 2 * _LOOKED_AT].split())
    return next((kind for kind, begins in _SIGNATURES if begins.match(beginning)), None)


def _is_unicode(text: str) -> bool:
    # A lone surrogate is no character, and nothing that is sent or stored may have one.
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
