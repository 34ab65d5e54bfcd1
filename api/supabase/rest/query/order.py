"""`order=created_at.desc.nullslast,id`: in which order."""

import re

from api.supabase.rest.limits import MOST_ORDERED
from api.supabase.rest.query.nouns import Order
from api.supabase.rest.query.reader import Reader
from api.supabase.rest.refusals import no_column, no_operator, too_much
from api.supabase.rest.tables import UNORDERED, Table

_HOW = re.compile(r"(?:\.(asc|desc))?(?:\.(nullsfirst|nullslast))?")


def read_order(text: str, table: Table) -> list[Order]:
    """What rows of `table` are sorted by. Raises Refusal."""
    reader = Reader("order", text)
    order = [_term(reader, table)]
    while reader.take(","):
        order.append(_term(reader, table))
        if len(order) > MOST_ORDERED:
            raise too_much("order", f"at most {MOST_ORDERED} columns")
    if not reader.is_over:
        raise reader.refused('"," or end of input')
    return order


def _term(reader: Reader, table: Table) -> Order:
    name = reader.name()
    if not reader.is_before(",."):
        raise reader.refused('".", "," or end of input')
    if name not in table.columns:
        raise no_column(table.name, name)
    if table.columns[name].type in UNORDERED:
        raise no_operator(table.columns[name].type, "<")
    words = (reader.match(_HOW) or "").split(".")
    descending = "desc" in words
    # As Postgres has it when nothing is said: a null is larger than everything.
    nulls_first = "nullsfirst" in words or (descending and "nullslast" not in words)
    return Order(name, descending, nulls_first)
