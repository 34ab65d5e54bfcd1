"""What may enter, in Python and in SQL: the limits are the same, and what is within them comes back as it came."""

import math
from typing import Any

import asyncpg
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schema.input_limits.document import MAX_DEPTH, TOO_DEEP, Unreadable, broken_document
from schema.input_limits.json_body import BrokenBody, NotJson, read_json
from schema.input_limits.moment import OUT_OF_RANGE, read_moment
from schema.input_limits.number import INEXACT, LARGEST_INTEGER, NOT_FINITE, SMALLEST_INTEGER, TOO_LARGE, read_whole
from schema.input_limits.stored import MAX_STORED_DEPTH, read_stored
from schema.input_limits.text import NUL, SURROGATE

RUN = settings(max_examples=200, deadline=None)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NUMBERS = st.integers(SMALLEST_INTEGER, LARGEST_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def nested(levels: int) -> Any:
    """Objects and arrays in each other."""
    document: Any = 1
    for level in range(levels):
        document = [document] if level % 2 else {"a": document}
    return document


@pytest.mark.parametrize(
    ("document", "broken"),
    [
        pytest.param(nested(MAX_DEPTH), None, id="deep"),
        pytest.param(nested(MAX_DEPTH + 1), TOO_DEEP, id="too deep"),
        pytest.param(nested(100_000), TOO_DEEP, id="deeper than any reader's stack"),
        pytest.param({"a": [1, {"b": math.nan}]}, f"a.1.b: {NOT_FINITE}", id="NaN"),
        pytest.param({"a": -math.inf}, f"a: {NOT_FINITE}", id="infinity"),
        pytest.param({"a": LARGEST_INTEGER}, None, id="the largest integer"),
        pytest.param({"a": LARGEST_INTEGER + 1}, f"a: {TOO_LARGE}", id="too large"),
        pytest.param({"a": SMALLEST_INTEGER - 1}, f"a: {TOO_LARGE}", id="too small"),
        pytest.param({"a": "x\0"}, f"a: {NUL}", id="NUL"),
        pytest.param({"a": "\\u0000"}, None, id="the text of its escape"),
        pytest.param({"a": "\ud83d"}, f"a: {SURROGATE}", id="half a pair"),
        pytest.param({"\0": 1}, f"\0: its key {NUL}", id="NUL in a key"),
        pytest.param({"a": b"x"}, "a: must be JSON, not bytes", id="no JSON"),
        pytest.param({"a": Unreadable("it is gone")}, "a: it is gone", id="unreadable"),
    ],
)
def test_the_first_broken_limit_is_named_with_its_place(document: Any, broken: str | None) -> None:
    found = broken_document(document)
    assert (found and str(found)) == broken


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        pytest.param(b'{"a": 18446744073709551616}', f"metadata.a: {TOO_LARGE}", id="2^64 is not rounded"),
        pytest.param(b'{"a": 1e400}', f"metadata.a: {NOT_FINITE}", id="beyond a double"),
        pytest.param(b'{"a": NaN}', f"metadata.a: {NOT_FINITE}", id="NaN"),
        pytest.param(b'{"a": %s}' % (b"9" * 5_000), f"metadata.a: {NOT_FINITE}", id="5,000 digits"),
        pytest.param(b'{"a": 0.12345678901234567890123}', f"metadata.a: {INEXACT}", id="digits that would be lost"),
        pytest.param(b'{"a": 1e-400}', f"metadata.a: {INEXACT}", id="smaller than a double"),
        pytest.param(b'{"a": {"b": 1, "b": 2}}', "metadata.a: has the key 'b' twice", id="a key twice"),
        pytest.param(b'{"a": 0.1, "b": 1e22, "c": 5e-324, "d": 1.7976931348623157e308, "e": 1.0}', None, id="kept"),
    ],
)
def test_json_is_read_so_that_nothing_is_lost_unnoticed(body: bytes, broken: str | None) -> None:
    found = broken_document(read_json(b'{"metadata": %s}' % body))
    assert (found and str(found)) == broken


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"a": "\\ud800"}', BrokenBody),
        (b"[" * 600 + b"]" * 600 + b",", BrokenBody),
        (b'{"metadata": %s}' % (b"[" * 600 + b"]" * 600), BrokenBody),
        (b"nothing", NotJson),
        (b"\xff", NotJson),
        (b"", NotJson),
    ],
)
def test_what_is_no_json_or_too_deep_is_refused_without_a_recursion(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_json(body)


@RUN
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for given_body in (body, b'{"metadata": ' + body + b"}"):
        try:
            broken_document(read_json(given_body))
        except (NotJson, BrokenBody):
            continue


@RUN
@given(DOCUMENTS)
def test_what_is_within_the_limits_is_read_as_it_was_written(document: Any) -> None:
    assert broken_document(document) is None
    assert read_json(orjson.dumps({"metadata": document})) == {"metadata": document}


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+00:01"])
def test_a_moment_outside_of_the_years_in_utc_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=OUT_OF_RANGE):
        read_moment(text)


def test_a_moment_keeps_its_offset() -> None:
    assert read_moment("9999-12-31T23:59:59+01:00").isoformat() == "9999-12-31T23:59:59+01:00"


@pytest.mark.parametrize("text", ["", "x", "-1", "+1", "1_0", "١", "101", "9" * 5_000])
def test_no_whole_number(text: str) -> None:
    assert read_whole(text, 0, 100) is None


def test_what_is_stored_is_read_or_stands_for_itself() -> None:
    assert read_stored(orjson.dumps(nested(MAX_STORED_DEPTH)).decode()) == nested(MAX_STORED_DEPTH)
    for text in ("[" * 5_000 + "]" * 5_000, f"[1{'0' * 400}]", f'{{"a": {"[" * 240}{"]" * 240}}}'):
        found = read_stored(text)
        assert isinstance(found, Unreadable)
        # Whatever shows it can write it down.
        assert list(orjson.loads(orjson.dumps({"metadata": found}))["metadata"]) == ["unreadable"]


async def sql_limit(psql: "asyncpg.Connection[asyncpg.Record]", document: str, levels: int = MAX_DEPTH) -> str | None:
    """What SQL says of a document."""
    try:
        await psql.execute("SELECT darkroom_check_document('metadata', $1::text::jsonb, 262144, $2)", document, levels)
    except asyncpg.PostgresError as error:
        return str(error)
    return None


async def test_sql_has_the_same_limits(database_url: str) -> None:
    psql = await asyncpg.connect(database_url)
    for within in (nested(MAX_DEPTH), {"a": [LARGEST_INTEGER, SMALLEST_INTEGER, 0.1, 1e22, -0.0, 1.5e300]}):
        assert await sql_limit(psql, orjson.dumps(within).decode()) is None
    assert await sql_limit(psql, orjson.dumps(nested(MAX_DEPTH + 1)).decode()) == f"metadata: {TOO_DEEP}"
    for lost in ("18446744073709551616", "1e400", "0.12345678901234567890123", "1e-400"):
        assert "neither a double nor a 64-bit integer keeps" in str(await sql_limit(psql, f'{{"a": [{lost}]}}'))
    await psql.close()


async def test_sql_takes_what_python_takes(database_url: str) -> None:
    psql = await asyncpg.connect(database_url)

    documents: list[Any] = []

    @RUN
    @example({"a": [5e-324, 2.5e-310], "b": [2**63, -(2**63), 123456789.123456789]})
    @given(DOCUMENTS)
    def drawn(document: Any) -> None:
        documents.append(document)

    drawn()
    for document in documents:
        assert await sql_limit(psql, orjson.dumps(document).decode()) is None, document
    await psql.close()
