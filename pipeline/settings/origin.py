"""Origins: where a page comes from, in one spelling."""

import re

ANY = "*"
"""Stands for every origin."""

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_OWN_PORTS = {"http": "80", "https": "443"}


def plain_origin(text: str) -> str | None:
    """An origin as browsers write it: lower case, no port where the scheme implies it. None when it is none.

    Also None for `null`, which browsers send for pages without an origin. Source: RFC 6454, section 6.
    """
    if (found := _ORIGIN.fullmatch(text.lower())) is None:
        return None
    scheme, host, port = found.groups()
    return f"{scheme}://{host}" + (f":{port}" if port and port != _OWN_PORTS.get(scheme) else "")


def read_origins(text: object) -> object:
    """Read `https://app.example.com, http://localhost:3000` as a tuple of plain origins. Raises ValueError."""
    if not isinstance(text, str):
        return text
    return tuple(_read(part.strip().rstrip("/")) for part in text.split(",") if part.strip())


def _read(part: str) -> str:
    origin = ANY if part == ANY else plain_origin(part)
    if origin is None:
        raise ValueError(
            f'{part!r} is no origin: give scheme and host as "https://app.example.com, http://localhost:3000", '
            f"with no path and no wildcard, or {ANY} alone for any"
        )
    return origin
