"""One set of columns, whichever of the old doors shows them."""

import pytest

from api.supabase.records import COLUMNS, moment
from api.supabase.rest.tables.catalogue import TABLES

NAMES = {
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "double precision": "float8",
}
"""Types as SQL spells them, and as Postgres' catalogue does."""


@pytest.mark.parametrize("table", COLUMNS)
def test_both_doors_show_the_same_columns(table: str) -> None:
    shown = {name: NAMES.get(column.type, column.type) for name, column in TABLES[table].columns.items()}
    assert list(COLUMNS[table].items()) == list(shown.items())


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-23T10:00:00.123456+00:00", "2026-11-23T10:00:00.123456+00:00"),
        ("2026-11-23T10:00:09.500000+00:00", "2026-11-23T10:00:09.5+00:00"),
        ("2026-11-23T10:00:09+00:00", "2026-11-23T10:00:09+00:00"),
        ("2026-11-23T12:00:00.1+02:00", "2026-11-23T10:00:00.1+00:00"),
    ],
)
def test_moments_are_told_as_postgres_tells_them(at: str, told: str) -> None:
    assert moment(at) == told
