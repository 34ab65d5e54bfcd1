"""The claim's own statements walk their indexes. They are planned inside functions, so they are taken from there."""

import re
from typing import NamedTuple

import asyncpg
import pytest

from schema.migrations.migrate import statements

VARIABLES = {
    "of_provider": ("text", "'replicate'"),
    "room": ("integer", "10"),
    "chosen": ("uuid[]", "CAST(ARRAY[] AS uuid[])"),
    "lease": ("double precision", "30.0"),
    "who": ("text", "'user-1'"),
    "cap": ("integer", "3"),
}
"""Their kinds, and a value."""


class Inner(NamedTuple):
    """A statement inside a function: between what it stands, what it is planned with, and what it has to walk."""

    function: str
    begins: str
    ends: str
    variables: tuple[str, ...]
    walks: str

    def text(self) -> str:
        """The statement with its variables as parameters."""
        text = statements(self.function).partition(self.begins)[2].partition(self.ends)[0].replace("INTO chosen", "")
        for place, variable in enumerate(self.variables, start=1):
            text, found = re.subn(rf"\b{variable}\b", f"${place}", text)
            assert found, variable
        return text


INNER = (
    Inner("claim", "held.cap - (", ")));", ("of_provider",), "due"),
    Inner("claim", "chosen := ARRAY(", ");", ("of_provider", "room"), "claim"),
    Inner("claim", "RETURN QUERY\n    ", ";", ("lease", "chosen"), "pkey"),
    Inner("best_of_lanes", "BEGIN\n", ";", ("of_provider", "room"), "claim"),
    Inner("within_caps", "RETURN ARRAY(", ");", ("chosen",), "busy"),
    Inner("refuse_unpayable", "RETURN QUERY\n", ";", ("chosen",), "due"),
    Inner("busy", "AS $$\n", "$$;", ("who",), "busy"),
    Inner("admit", "WHERE id IN (\n", " FOR UPDATE", ("who", "cap"), "parked"),
)


@pytest.mark.parametrize("inner", INNER, ids=lambda inner: f"{inner.function} by {inner.walks}")
async def test_it_finds_its_rows_by_an_index(connection: "asyncpg.Connection[asyncpg.Record]", inner: Inner) -> None:
    kinds = ", ".join(VARIABLES[variable][0] for variable in inner.variables)
    values = ", ".join(VARIABLES[variable][1] for variable in inner.variables)
    await connection.execute(f"PREPARE inside({kinds}) AS {inner.text()}")
    plan = "\n".join(line[0] for line in await connection.fetch(f"EXPLAIN EXECUTE inside ({values})"))
    assert not re.search(r"Seq Scan on image_generations|Hash .*Join|Merge Join", plan), plan
    assert re.search(rf"image_generations_{inner.walks}(_idx)?\b", plan), plan
