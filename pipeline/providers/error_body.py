"""Reads what an error says, in whatever shape it comes: a text for people, and the codes that a machine may go by.

Seen from providers and the gateways before them: `{"detail": "…"}`, `{"detail": [{"loc", "msg", "type"}]}`,
`{"error": "…"}`, `{"error": {"message", "type", "code", "inner_error"}}`, `{"errors": […], "name": "…"}`,
`{"message": …}`, a list of any of them, a text, a page of HTML.
"""

import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

LONGEST_REASON = 2_000
"""Characters; more than that nobody reads, and it stands in the row's timeline."""
MOST_VALUES = 60
"""Looked at in one error, however long its lists are."""
DEEPEST = 6
UNTOLD = "no reason given"

_TEXTS = (
    "error",
    "message",
    "msg",
    "detail",
    "details",
    "errors",
    "error_message",
    "error_description",
    "reason",
    "failure_reason",
    "description",
)
"""Keys whose values are for people, in the order in which they are told."""
_CODES = ("code", "type", "error_type", "error_code", "errorCode", "status", "finish_reason", "name")
"""Keys whose values are for machines. `status` is one where it is a word (Google's RESOURCE_EXHAUSTED)."""
_SAYS_NOTHING = frozenset({"error", "failed", "failure", "fail", "about:blank"})
_INSIDE = ("inner_error", "innererror", "provider_specific_fields", "metadata", "raw")
"""Keys under which gateways keep what the provider behind them said; of that the codes count."""
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,300}>")
_HTML_LOOKED_AT = 4_096
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200


@dataclass(frozen=True)
class ErrorBody:
    """What an error said."""

    reason: str
    """One line, printable, at most LONGEST_REASON characters; UNTOLD when it said nothing."""
    codes: tuple[str, ...] = ()
    """Its codes and types, outermost first, as they were spelt."""


@dataclass
class _Heard:
    texts: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    left: int = MOST_VALUES


def read_error_body(content: Any) -> ErrorBody:
    """What the body of an error says: JSON that was read, or its text where it is none. Never raises."""
    heard = _Heard()
    _hear(content, heard, DEEPEST)
    reason = printable(": ".join(dict.fromkeys(heard.texts)), LONGEST_REASON)
    codes = tuple(dict.fromkeys(heard.codes))
    if not reason:
        # A few: it sorts what it is given.
        shown = content if not isinstance(content, dict) else _first_told(content)
        reason = printable(_SHORT.repr(shown), 300) if shown else UNTOLD
        return ErrorBody(reason, codes)
    named = next((code for code in codes if not code.isdecimal()), None)
    if named and named not in reason:
        reason = f"{reason} ({named})"
    return ErrorBody(reason, codes)


def printable(text: str, longest: int) -> str:
    """`text` on one line, without what no terminal, row or JSON takes (NUL, lone surrogates, directions of writing)."""
    shown = "".join(one if one.isprintable() else " " if one.isspace() else "" for one in text[: 2 * longest])
    return " ".join(shown.split())[:longest]


def _first_told(content: Mapping[str, Any]) -> dict[str, Any]:
    return dict(islice(((key, value) for key, value in content.items() if value is not None), MOST_VALUES))


def _hear(value: Any, heard: _Heard, deeper: int) -> None:
    heard.left -= 1
    if heard.left < 0 or deeper < 0:
        return
    match value:
        case str():
            _hear_text(value, heard)
        case list():
            for one in value[:MOST_VALUES]:
                _hear(one, heard, deeper - 1)
        case dict():
            _hear_object(value, heard, deeper)


def _hear_text(text: str, heard: _Heard) -> None:
    if text.lstrip()[:1] == "<":
        # A gateway's page: its title says it all, "502 Bad Gateway".
        beginning = text[:_HTML_LOOKED_AT]
        title = _TITLE.search(beginning)
        text = title[1] if title else _TAG.sub(" ", beginning)
    if told := printable(text, LONGEST_REASON):
        heard.texts.append(told)


def _hear_object(value: Mapping[str, Any], heard: _Heard, deeper: int) -> None:
    own = _Heard(left=heard.left)
    for key in _CODES:
        _hear_code(value.get(key), own, deeper)
    codes, own.codes = own.codes, []
    for key in _TEXTS:
        if isinstance(value.get(key), str | list | dict):
            _hear(value[key], own, deeper - 1)
    for key in _INSIDE:
        inside = _Heard(left=own.left)
        _hear(value.get(key), inside, deeper - 1)
        own.codes += inside.codes
        own.left = inside.left
    if not own.texts and isinstance(title := value.get("title"), str):
        _hear_text(title, own)
    if own.texts and isinstance(value.get("loc"), list) and codes:
        # One of several complaints: each has a type of its own.
        own.texts = [f"{': '.join(own.texts)} ({codes[0]})"]
    heard.texts += own.texts
    heard.codes += [*codes, *own.codes]
    heard.left = own.left


def _hear_code(code: Any, heard: _Heard, deeper: int) -> None:
    if isinstance(code, dict | list):
        # A code that is an object has a code, and sometimes the only text there is.
        _hear(code, heard, deeper - 1)
    elif isinstance(code, str | int) and not isinstance(code, bool):
        shown = printable(str(code), 100)
        # A problem's type may be the address of its documentation (RFC 9457); its HTTP status is known already.
        if shown and "://" not in shown and shown.casefold() not in _SAYS_NOTHING:
            heard.codes.append(shown)
