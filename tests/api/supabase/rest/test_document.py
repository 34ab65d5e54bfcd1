"""docs/rest.md tells of everything that there is, and of its limits."""

import re

from api.supabase.rest import limits
from api.supabase.rest.procedures.doors import PROCEDURES
from api.supabase.rest.query.filters import OPERATORS
from api.supabase.rest.tables import TABLES
from pipeline.embedded.procfile import CHECKOUT

PAGE = (CHECKOUT / "docs" / "rest.md").read_text()


def test_names_every_table_and_function_and_no_other() -> None:
    tables, functions = PAGE.partition("## Functions")[0], PAGE.partition("## Functions")[2]
    rows = re.findall(r"^\| (`.+?) \|.*\|.*\|$", tables.partition("## What may be asked")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == TABLES.keys()
    called = dict(re.findall(r"^\| `(\w+)\((.*?)\)` \|", functions, re.MULTILINE))
    assert called.keys() == PROCEDURES.keys()
    for name, arguments in called.items():
        assert set(arguments.split(", ")) <= PROCEDURES[name].takes.model_fields.keys()


def test_names_every_operator_and_limit() -> None:
    assert set(re.findall(r"`(eq neq [a-z ]+)`", PAGE)[0].split()) == OPERATORS
    for limit, words in (
        (limits.MOST_ROWS, "{:,} rows"),
        (limits.MOST_FILTERS, "{} filters"),
        (limits.MOST_NESTED, "{} deep"),
        (limits.MOST_LISTED, "{} values"),
        (limits.MOST_SELECTED, "{} columns"),
        (limits.MOST_ORDERED, "{} orders"),
        (limits.MOST_WRITTEN, "{} rows"),
        (limits.MOST_QUERY_BYTES // 1024, "{} kB of query"),
    ):
        assert words.format(limit) in PAGE
