"""Says what bytes are that are no picture, in the words of an error message."""

import re

from pipeline.media.prolog import is_svg

_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]+")
_LOOKS_AT = 1024  # bytes


def _start(data: bytes) -> bytes:
    return data[:_LOOKS_AT].removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def foreign_name(data: bytes) -> str:
    """What `data` seems to be instead of a picture: "a web page", "an SVG drawing", "nothing: 0 bytes"."""
    if not data:
        return "nothing: 0 bytes"
    start = _start(data)
    if is_svg(data):
        return "an SVG drawing"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page"
    if start.startswith(b"<?xml"):
        return "an XML document"
    if start.startswith((b"{", b"[")):
        return "a JSON document"
    if _TEXT.fullmatch(start):
        return "plain text"
    return f"in a format that Darkroom does not keep (it begins with {data[:8].hex(' ')})"
