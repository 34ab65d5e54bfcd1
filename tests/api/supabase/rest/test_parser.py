"""Whatever comes is read or refused: never anything else; and no word of it gets into SQL that is not a known name."""

import re
from urllib.parse import quote, urlencode

from hypothesis import event, given, settings
from hypothesis import strategies as st

from api.auth.identity import ANONYMOUS, Identity
from api.supabase.rest.query.filters import OPERATORS
from api.supabase.rest.query.parameters import parameters_of, read_query
from api.supabase.rest.query.reader import NAME
from api.supabase.rest.refusals import Refusal
from api.supabase.rest.sql.read import Read, matched_sql, read_sql
from api.supabase.rest.tables import TABLES, Table

RUN = settings(max_examples=600, deadline=None)
WHO = st.sampled_from([Identity("o'hara", "user"), Identity("s", "service"), ANONYMOUS])
TABLE = st.sampled_from(sorted(TABLES)).map(TABLES.__getitem__)
_WORDS = "id status images * inner not and or eq in is null desc nullslast limit $1 :p0 {t} é a 7"
_MARKS = "( ) , . : ! \" \\ -> :: ' ; -- %"
PIECES = st.sampled_from([*_WORDS.split(), *_MARKS.split(), " ", "\0"])
MESS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=30)
KEYS = (
    st.sampled_from(["select", "order", "limit", "offset", "or", "and", "not.or", "id", "status", "images.idx"]) | MESS
)


def sql_of(query: bytes, table: Table, who: Identity) -> list[Read]:
    """The statements for a query; none when it is refused."""
    try:
        level = read_query(parameters_of(query), table)
    except Refusal as refused:
        event(f"{refused.status} {refused.document['code']}")
        return []
    event("read")
    return [read_sql(level, who, one=False, count=True), matched_sql(level, who, 10)]


@RUN
@given(TABLE, WHO, st.lists(st.tuples(KEYS, MESS), max_size=6))
def test_a_mess_is_read_or_refused(table: Table, who: Identity, parameters: list[tuple[str, str]]) -> None:
    sql_of(urlencode(parameters, quote_via=quote).encode(), table, who)


@RUN
@given(TABLE, WHO, st.binary(max_size=80))
def test_so_are_bytes(table: Table, who: Identity, query: bytes) -> None:
    sql_of(query, table, who)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Table, str, set[str]]:
    """A query that is mostly right, with the values and aliases in it."""
    table, parts, strange = draw(TABLE), list[tuple[str, str]](), set[str]()
    names = st.sampled_from(sorted(table.columns))
    value = st.text(min_size=1, max_size=12).map(lambda text: f"<{text}>")
    for _ in range(draw(st.integers(0, 4))):
        given_value = draw(value)
        operator = draw(st.sampled_from(sorted(OPERATORS - {"is", "in"})))
        parts.append((draw(names), f"{operator}.{given_value}"))
        strange.add(given_value)
    for _ in range(draw(st.integers(0, 2))):
        listed = draw(st.lists(value, min_size=1, max_size=3))
        quoted = ",".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in listed)
        inside = f"in.({quoted})"
        parts.append(draw(st.sampled_from([(draw(names), inside), ("or", f"({draw(names)}.{inside})")])))
        strange |= set(listed)
    parts.append(("order", draw(names)))
    return table, urlencode(parts, quote_via=quote), strange


@RUN
@given(asked(), WHO)
def test_every_value_is_bound(query: tuple[Table, str, set[str]], who: Identity) -> None:
    table, text, strange = query
    for sql, values in sql_of(text.encode(), table, who):
        bound = {one for value in values.values() for one in (value if isinstance(value, list) else [value])}
        for value in strange:
            # A star is a wildcard.
            assert value in bound or value.replace("*", "%") in bound
            assert value not in sql
        assert who.user_id is None or "o'hara" not in sql


@RUN
@given(st.text(max_size=70), st.sampled_from(["id", "status"]))
def test_an_alias_is_a_name_or_refused(alias: str, column: str) -> None:
    table = TABLES["image_generations"]
    for sql, _ in sql_of(urlencode({"select": f"{alias}:{column}"}).encode(), table, ANONYMOUS)[:1]:
        shown = re.search(r' AS "([^"]*)" FROM', sql)
        assert shown
        assert NAME.fullmatch(shown[1])
