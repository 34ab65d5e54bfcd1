"""Web addresses as others write them: read so that what is sent is what was signed, byte for byte."""

import re

import aiohttp
from yarl import URL

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_PRINTABLE = re.compile(r"[!-~]+")
_UNPRINTABLE = re.compile(r"[^!-~]")
_IGNORED = re.compile(r"[\t\r\n]")
"""Dropped wherever they stand, as browsers do: programs print addresses with a line's end, or wrapped."""


def read_address(text: str) -> URL:
    """The address in `text`, absolute or relative. Raises ValueError.

    Signatures cover an address as it is spelled, so nothing is encoded anew: not `%2f` as `%2F`, not `+` as `%20`.
    Only what cannot stand in a request at all (spaces, letters beyond ASCII) is percent-encoded, as UTF-8.
    Source: https://url.spec.whatwg.org/#url-parsing
    """
    text = _IGNORED.sub("", text.strip())
    if _PRINTABLE.fullmatch(text):
        return URL(text, encoded=True)
    scheme, mark, rest = text.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0] if mark else ""
    if host.isascii():
        return URL(_UNPRINTABLE.sub(_percent_encoded, text), encoded=True)
    # A host's name has an encoding of its own (IDNA), which yarl knows.
    known = URL(f"{scheme}://{host}").raw_authority
    return URL(f"{scheme}://{known}" + _UNPRINTABLE.sub(_percent_encoded, rest[len(host) :]), encoded=True)


def next_address(answer: aiohttp.ClientResponse) -> URL:
    """Where a redirect leads, spelled as its Location says. Raises ValueError when it says nothing readable."""
    location = answer.headers.get("Location")
    if location is None:
        raise ValueError("no Location")
    address = read_address(location)
    if address.scheme in ("http", "https") and not address.host:
        # "http:/path" and "http:path" lead nowhere that everybody agrees on.
        raise ValueError("no host")
    return answer.url.join(address)


def _percent_encoded(found: re.Match[str]) -> str:
    # Header bytes that are no UTF-8 come as lone surrogates.
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogateescape"))
