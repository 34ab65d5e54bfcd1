"""Writes a drawing anew, with what `allowed` lists and nothing else."""

from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from pipeline.errors import OutputBroken
from pipeline.media.content_types import CONTENT_TYPES
from pipeline.media.picture import MAX_BYTES as MAX_KEPT
from pipeline.media.picture import Picture
from pipeline.media.svg.allowed import ATTRIBUTES, ELEMENTS, SHAPES, SVG, UNWRAPPED, WORDED, XLINK
from pipeline.media.svg.declarations import Declarations
from pipeline.media.svg.values import is_own_reference, own_value, size_of

MAX_BYTES: Final = 8 * 2**20
"""Of a drawing; parsing that many takes about a second."""
MAX_DEPTH: Final = 128
MAX_ELEMENTS: Final = 200_000
MAX_ATTRIBUTES: Final = 500
"""Of one element; SVG 2 knows some 300."""

_CHUNK: Final = 256 * 1024
"""Bytes handed to the parser at once: after a refusal it goes on, without handlers, to the end of what it was handed.
What it could not finish is read again with the next ones, so a value of all eight megabytes is read sixteen times."""
_KNOWN: Final = ELEMENTS | UNWRAPPED


def clean_svg(data: bytes, subject: str = "The output") -> tuple[Picture, bytes]:
    """The drawing that is kept of `data`, and what is known of it. Blocks; call it off the loop.

    Whatever runs, loads or leads outside is left out. Raises OutputBroken, with a message for people about `subject`,
    for what is no drawing, declares anything but short texts, passes a limit, or shows nothing once it is clean.
    """
    if len(data) > MAX_BYTES:
        raise OutputBroken(f"{subject} is a drawing of {len(data):,} bytes; at most {MAX_BYTES:,} are kept.")
    cleaner = _Cleaner(subject)
    cleaner.read(data)
    if not cleaner.shapes:
        raise OutputBroken(f"{subject} is a drawing that shows nothing that can be kept.")
    kept = "".join(cleaner.written).encode()
    if len(kept) > MAX_KEPT:
        raise OutputBroken(
            f"{subject} is a drawing of {len(kept):,} bytes once it is clean; at most {MAX_KEPT:,} are kept."
        )
    size = size_of(cleaner.root)
    picture = Picture(
        format="svg",
        width=size[0],
        height=size[1],
        file_size=len(kept),
        content_type=CONTENT_TYPES["svg"],
        extension="svg",
    )
    return picture, kept


class _Cleaner:
    """One drawing on its way through the parser."""

    def __init__(self, subject: str) -> None:
        self.root: dict[str, str] = {}
        self.shapes = 0
        self.written: list[str] = []
        self._subject = subject
        self._elements = 0
        self._open: list[str | None] = []
        """What is open, the innermost last: a kept element's name, "" for an unwrapped one, None for one left out."""
        self._style: list[str] = []

    def read(self, data: bytes) -> None:
        """Parse all of it. Raises OutputBroken."""
        # Not kept: it refers to this object, and the two would wait for the garbage collector with all they hold.
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        Declarations(parser, data, self._subject)
        try:
            for at in range(0, len(data), _CHUNK):
                parser.Parse(data[at : at + _CHUNK], False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise OutputBroken(f"{self._subject} is a damaged SVG drawing ({error}).") from error

    def _start(self, full_name: str, given: dict[str, str]) -> None:
        namespace, _, name = full_name.rpartition(" ")
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH or len(given) > MAX_ATTRIBUTES:
            raise OutputBroken(
                f"{self._subject} is a drawing of too many parts; at most {MAX_ELEMENTS:,} elements, {MAX_DEPTH} deep, "
                f"with {MAX_ATTRIBUTES} attributes each are kept."
            )
        if not self._open and (name != "svg" or namespace not in (SVG, "")):
            raise OutputBroken(f"{self._subject} is not a picture; it is an XML document.")
        left_out = bool(self._open) and self._open[-1] is None
        if left_out or namespace not in (SVG, "") or name not in _KNOWN:
            self._open.append(None)
        elif name in UNWRAPPED:
            self._open.append("")
        else:
            self._write_start(name, given)

    def _write_start(self, name: str, given: dict[str, str]) -> None:
        kept = _attributes(given)
        if not self._open:
            self.root = kept
            kept = {"xmlns": SVG, **kept}
        self._open.append(name)
        self.shapes += name in SHAPES
        if name == "style":
            self._style.clear()
        else:
            self.written.append(f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in kept.items())}>")

    def _end(self, _: str) -> None:
        name = self._open.pop()
        if name == "style":
            sheet = own_value("".join(self._style))
            if sheet is not None:
                self.written.append(f"<style>{escape(sheet)}</style>")
        elif name:
            self.written.append(f"</{name}>")

    def _text(self, text: str) -> None:
        inside = self._open[-1]
        if inside == "style":
            self._style.append(text)
        elif inside in WORDED:
            self.written.append(escape(text))


def _attributes(given: dict[str, str]) -> dict[str, str]:
    own = {name: own_value(value) for name, value in given.items() if name in ATTRIBUTES}
    kept = {name: value for name, value in own.items() if value is not None}
    link = given.get("href", given.get(f"{XLINK} href"))
    if link is not None and is_own_reference(link):
        kept["href"] = link.strip()
    return kept
