"""Hostile values: what breaks readers of text, numbers, moments and JSON, and what is drawn around it."""

import json
from typing import Any

from hypothesis import strategies as st

KNOWN_ID = "00000000-0000-7000-8000-000000000001"
"""Stands for the id of a generation that is there; the sender puts it in."""
LONG_DIGITS = "9" * 5_000

HOSTILE_TEXTS = [
    "",
    "\0",
    "a\0b",
    "\\u0000",
    "\u2028\u202e",
    "%00",
    "%",
    "..%2f..%2f",
    "'; SELECT 1; --",
    "like.\\",
    "eq.(",
    "NaN",
    "-Infinity",
    "1e400",
    "-0",
    "1_0",
    "٣",
    LONG_DIGITS,
    "18446744073709551616",
    "x" * 5_000,
    "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+23:59",
    "2030-02-30T00:00:00Z",
    "infinity",
    "10000-01-01",
    "AAAA",
    "OTk5OS0xMi0zMVQyMzo1OTo1OS0wMTowMCAwMDAwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE=",
    KNOWN_ID,
    "urn:uuid:" + KNOWN_ID,
    "http://[::",
    "https://example.org/x",
]
_TEXTS = st.sampled_from(HOSTILE_TEXTS)
TEXTS: st.SearchStrategy[str] = st.one_of(_TEXTS, _TEXTS, _TEXTS, st.text(max_size=12))
"""Text as it may stand in a query, a header or a field. Mostly what is known to break readers."""

HOSTILE_JSON = [
    "NaN",
    "Infinity",
    "1e400",
    "-1e400",
    "1e-400",
    "-0.0",
    "18446744073709551616",
    "-9223372036854775809",
    LONG_DIGITS,
    "0.12345678901234567890123",
    '"\\u0000"',
    '"\\ud800"',
    '{"a": 1, "a": 2}',
    '{"\\u0000": 1}',
    "[" * 33 + "]" * 33,
    '{"a":' * 253 + "1" + "}" * 253,
    "[" * 1_100 + "]" * 1_100,
    "[" * 50_000,
    "[" * 50_000 + "]" * 50_000,
]
"""JSON that a usual writer does not write."""

_RAW = st.sampled_from(HOSTILE_JSON)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
JSON: st.SearchStrategy[str] = st.one_of(_RAW, _RAW, VALUES.map(json.dumps))
"""One JSON value as text, or what is nearly one."""


@st.composite
def objects(draw: st.DrawFn, usual: dict[str, Any]) -> str:
    """An object as text: the `usual` fields, of which one or two are hostile, missing, or stand there twice."""
    fields = {name: json.dumps(value) for name, value in usual.items()}
    doubled = ""
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from([*usual, *usual, "metadata", "mine"]))
        inside = usual.get(name)
        match draw(st.sampled_from(["hostile", "hostile", "hostile", "inside", "missing", "twice"])):
            case "inside" if isinstance(inside, dict) and inside:
                fields[name] = draw(objects(inside))
            case "missing":
                fields.pop(name, None)
            case "twice":
                doubled += f", {json.dumps(name)}: {draw(JSON)}"
            case _:
                fields[name] = draw(JSON)
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in fields.items()) + doubled + "}"
