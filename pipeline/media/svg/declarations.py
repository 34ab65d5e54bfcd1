"""What a drawing may declare for itself: the short names of addresses that Adobe's programs write, and little else."""

from typing import Final
from xml.parsers.expat import XMLParserType

from pipeline.errors import OutputBroken

MAX_DECLARATIONS: Final = 100
MAX_ENTITY: Final = 1_000
"""Characters that one entity stands for."""
MAX_UNFOLDED: Final = 2**20
"""Bytes that all references may unfold to."""

_ENCODINGS: Final = frozenset({"UTF-8", "UTF-16", "ISO-8859-1", "US-ASCII"})
"""Those in which the byte of an ampersand is an ampersand, and which the parser knows by itself."""


class Declarations:
    """Takes the declarations of one drawing, `data`, as `parser` meets them; refuses those that could do harm.

    An entity is a text without markup and without other entities, and the references to all of them are counted before
    one is followed. An attribute that is declared with a value would be one that nobody wrote.
    """

    def __init__(self, parser: XMLParserType, data: bytes, subject: str) -> None:
        self._data = data
        self._subject = subject
        self._count = 0
        self._longest = 0
        self._encoding = "UTF-8"
        parser.XmlDeclHandler = self._declared
        parser.EndDoctypeDeclHandler = self._end
        parser.EntityDeclHandler = self._entity
        parser.AttlistDeclHandler = self._attribute

    def _refuse(self, why: str) -> OutputBroken:
        return OutputBroken(f"{self._subject} is a drawing with declarations of its own, which are not read: {why}.")

    def _one_more(self) -> None:
        self._count += 1
        if self._count > MAX_DECLARATIONS:
            raise self._refuse(f"there are over {MAX_DECLARATIONS}")

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._encoding = (encoding or "UTF-8").upper()

    def _entity(self, name: str, of_declarations: int, value: str | None, *_outside: object) -> None:
        self._one_more()
        if of_declarations or value is None:
            raise self._refuse(f"{name[:40]} stands for something outside or for other declarations")
        if "&" in value or "<" in value or len(value) > MAX_ENTITY:
            raise self._refuse(f"{name[:40]} stands for more than a text of {MAX_ENTITY:,} characters")
        self._longest = max(self._longest, len(value.encode()))

    def _attribute(self, _element: str, name: str, _type: str, default: str | None, _required: int) -> None:
        self._one_more()
        if default is not None:
            raise self._refuse(f"the attribute {name[:40]} is given a value")

    def _end(self) -> None:
        if not self._longest:
            return
        if self._encoding not in _ENCODINGS:
            raise self._refuse(f"its encoding is {self._encoding[:40]}; {', '.join(sorted(_ENCODINGS))} are read")
        if self._data.count(b"&") * self._longest > MAX_UNFOLDED:
            raise self._refuse(f"they unfold to more than {MAX_UNFOLDED:,} bytes")
