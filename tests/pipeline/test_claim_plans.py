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
    "begun": ("timestamptz", "now()"),
    "held.provider": ("text", "'replicate'"),
    "held.model_id": ("text", "''"),
    "held.oldest_at": ("timestamptz", "now()"),
    "part.low": ("integer", "0"),
    "part.high": ("integer", "5"),
    "part.turn": ("bigint", "7"),
    "places": ("integer", "10"),
    "l.model_id": ("text", "''"),
    "below": ("integer", "7"),
    "of_lane": ("text", "''"),
    "of_priority": ("integer", "0"),
    "who": ("text", "'user-1'"),
    "cap": ("integer", "3"),
}
"""Their kinds, and a value."""
LANE = ("held.provider", "held.model_id")
PART = ("part.low", "part.high")


class Inner(NamedTuple):
    """A statement inside a function: between what it stands, what it is planned with, and what it has to walk."""

    function: str
    begins: str
    ends: str
    variables: tuple[str, ...]
    walks: str

    def text(self) -> str:
        """The statement with its variables as parameters."""
        text = statements(self.function).partition(self.begins)[2].partition(self.ends)[0]
        text = re.sub(r"INTO \w+(\.\w+)?", "", text).strip()
        text = text[1:-1] if text.startswith("(") else text
        for place, variable in enumerate(self.variables, start=1):
            text, found = re.subn(rf"\b{re.escape(variable)}\b", f"${place}", text)
            assert found, variable
        return text


INNER = (
    Inner("claim", "RETURN QUERY\n    ", ";", ("of_provider", "begun", "lease", "chosen"), "pkey"),
    Inner("line", "RETURN QUERY\n", ";", (*LANE, *PART, "places"), "claim"),
    Inner("line", "ELSE\n      RETURN QUERY\n", ";", (*LANE, "part.low", "part.turn", "places"), "claim"),
    Inner("in_flight", "CAST(\n", "+", (*LANE, "held.oldest_at"), "flight"),
    Inner("in_flight", "+ ", " AS integer);\n", LANE, "flight"),
    Inner("find_heads", "LOOP\n      ", ";", ("of_provider", "l.model_id", "below"), "claim"),
    Inner("find_heads", "BEGIN\n", ";", ("of_provider",), "flight"),
    Inner("head", "coalesce((\n", "), CAST", ("of_provider", "of_lane", "of_priority"), "claim"),
    Inner("within_caps", "RETURN ARRAY(", ");", ("chosen",), "busy"),
    Inner("refuse_unpayable", "RETURN QUERY\n", ";", ("of_provider", "chosen"), "flight"),
    Inner("stranded", "RETURN QUERY\n", ";", ("of_provider", "room"), "routed"),
    Inner("busy", "RETURN (\n", ");", ("who",), "busy"),
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
