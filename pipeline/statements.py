"""How statements are sent: one round trip each, many rows in one JSON parameter."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Row, TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Invalid


def statement(sql: str) -> TextClause:
    """A prebuilt statement. Made once at import: building it for each call costs more than sending it."""
    return text(sql)


def given(columns: str) -> str:
    """The FROM item `r`: the rows in `:rows`, of `columns` with their types, as `as_json` writes them.

    A plan is made once, perhaps while the tables are empty, and a hundred rows (as Postgres takes a set from JSON for)
    looked up by key seem dearer there than the whole table. The limit, which cuts off nothing, lets it expect ten.
    """
    return f"""(SELECT * FROM jsonb_to_recordset(CAST(CAST(:rows AS text) AS jsonb)) AS given({columns})
        LIMIT octet_length(CAST(:rows AS text))) AS r"""


def held(columns: str, also: str = "") -> str:
    """The CTE `r`: the given rows of those generations that exist, which it locks; `also` more columns, by `held`.

    In the order of their ids, whoever locks many: or two batches could wait for each other.
    """
    return f"""r AS MATERIALIZED (
      SELECT r.*{also and f", {also}"} FROM {given(columns)}
      JOIN image_generations AS held ON held.id = r.id ORDER BY r.id FOR UPDATE OF held)"""


WANTED = """(SELECT CAST(wanted.id AS uuid)
        FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS wanted(id)
        LIMIT octet_length(CAST(:ids AS text)))"""
"""The ids in `:ids`, for IN; limited for the same reason."""


def stands(status: str) -> str:
    """Whether `g`, which is found by its id, has `status`.

    Not by `=`: a partial index of that status would serve too. It seems to hold next to nothing while nothing is under
    way, and the plan made then would walk through all that is in flight later, for each row.
    """
    return f"g.status IS NOT DISTINCT FROM '{status}'"


def blames_a_row(error: Exception) -> bool:
    """Whether Postgres refused a value (SQLSTATE classes 22 and 23), or one too large for an index or too deep (54).

    An outage blames nobody: retrying is no use.
    """
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return str(state)[:2] in {"22", "23", "54"}


def repeats_a_prediction(error: Exception) -> bool:
    """Whether Postgres refused a prediction's id because another generation has it already."""
    return isinstance(error, DBAPIError) and "image_generations_prediction_idx" in str(error.orig)


async def fetch(engine: AsyncEngine, sql: TextClause, **parameters: Any) -> Sequence[Row[Any]]:
    """Run one statement that commits by itself, and return its rows."""
    async with engine.connect() as connection:
        result = await connection.execute(sql, parameters)
        return result.all()


async def execute(engine: AsyncEngine, sql: TextClause, **parameters: Any) -> None:
    """Run one statement that commits by itself and returns no rows."""
    async with engine.connect() as connection:
        await connection.execute(sql, parameters)


class Written(NamedTuple):
    """A row for `as_json` that is JSON already."""

    id: UUID
    json: orjson.Fragment


def written(row: Mapping[str, Any]) -> Written:
    """Serialise a row before it joins others, so that one that cannot be fails alone. Raises Invalid, naming the field.

    It has an `id`.
    """
    try:
        return Written(row["id"], orjson.Fragment(orjson.dumps(row, default=str)))
    except orjson.JSONEncodeError as error:
        raise Invalid(next(filter(partial(_is_unwritable, row), row)), f"cannot be written as JSON: {error}") from None


def _is_unwritable(row: Mapping[str, Any], field: str) -> bool:
    try:
        orjson.dumps(row[field], default=str)
    except orjson.JSONEncodeError:
        return True
    return False


Rows = Sequence[Mapping[str, Any] | Written]
"""What a statement for many rows takes."""


def as_json(value: Sequence[object] | Mapping[str, object]) -> str:
    """A document, or rows as `jsonb_to_recordset` reads them, as JSON text: any number of rows is one parameter."""
    if isinstance(value, list):
        value = [one.json if isinstance(one, Written) else one for one in value]
    # str is for asyncpg's own UUIDs.
    return orjson.dumps(value, default=str).decode()
