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
    "wanted": ("uuid[]", "CAST(ARRAY[] AS uuid[])"),
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
    "budgets": ("boolean", "true"),
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
    Inner("in_flight", "+ ", " AS integer) + called_off;\n", LANE, "flight"),
    Inner("in_flight", "BEGIN\n", ";", LANE, "due"),
    Inner("find_heads", "LOOP\n      ", ";", ("of_provider", "l.model_id", "below"), "claim"),
    Inner("find_heads", "BEGIN\n", ";", ("of_provider",), "flight"),
    Inner("head", "coalesce((\n", "), CAST", ("of_provider", "of_lane", "of_priority"), "claim"),
    Inner("within_caps", "RETURN ARRAY(", ");", ("chosen",), "busy"),
    Inner("within_caps", "RETURN ARRAY(", ");", ("chosen",), "due"),
    Inner("refuse_unpayable", "RETURN QUERY\n", ";", ("of_provider", "chosen"), "flight"),
    Inner("refuse_unpayable", "RETURN QUERY\n", ";", ("of_provider", "chosen"), "due"),
    Inner("stranded", "RETURN QUERY\n", ";", ("of_provider", "room", "budgets"), "routed"),
    Inner("reserved", "END IF;\n  RETURN (\n", ");\nEND", ("who",), "turn"),
    Inner("reserved", "END IF;\n  RETURN (\n", ");\nEND", ("who",), "flight"),
    Inner("reserved", "END IF;\n  RETURN (\n", ");\nEND", ("who",), "due"),
    Inner("reprice", "BEGIN\n", ";", ("wanted",), "pkey"),
    Inner("under_budget", "RETURN EXISTS (\n", ");\nEND", ("chosen",), "pkey"),
    Inner("busy", "RETURN called_off + (\n", ");", ("who",), "busy"),
    Inner("busy", "BEGIN\n", ";", ("who",), "due"),
    Inner("admit", "WHERE id IN (\n", " FOR UPDATE", ("who", "cap"), "parked"),
)

VANISHES = (
    "SELECT darkroom_lane_closed(l), darkroom_tokens(l) FROM lanes AS l",
    "SELECT s.input FROM image_generations AS g CROSS JOIN LATERAL darkroom_stop(g.id, g.provider) AS s",
)


@pytest.mark.parametrize("inner", INNER, ids=lambda inner: f"{inner.function} by {inner.walks}")
async def test_it_finds_its_rows_by_an_index(connection: "asyncpg.Connection[asyncpg.Record]", inner: Inner) -> None:
    kinds = ", ".join(VARIABLES[variable][0] for variable in inner.variables)
    values = ", ".join(VARIABLES[variable][1] for variable in inner.variables)
    await connection.execute(f"PREPARE inside({kinds}) AS {inner.text()}")
    plan = "\n".join(line[0] for line in await connection.fetch(f"EXPLAIN EXECUTE inside ({values})"))
    assert not re.search(r"Seq Scan on image_generations|Hash .*Join|Merge Join", plan), plan
    assert re.search(rf"image_generations_{inner.walks}(_idx)?\b", plan), plan


async def test_nothing_that_a_claim_or_a_turn_calls_is_planned_at_every_call(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """A function in SQL is, unless it vanishes into the statement around it."""
    found, new = set[str](), {"darkroom_hold_lanes", "darkroom_claim", "darkroom_take_turn"}
    while new:
        found |= new
        bodies = await connection.fetch("SELECT prosrc FROM pg_proc WHERE proname = ANY ($1)", list(new))
        new = {name for row in bodies for name in re.findall(r"darkroom_\w+", row["prosrc"])} - found
    in_sql = await connection.fetch(
        "SELECT p.proname FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang "
        "WHERE l.lanname = 'sql' AND p.proname = ANY ($1) ORDER BY 1",
        list(found),
    )
    # These ask no table, or are a FROM clause of their own; the last two are called for what is bought elsewhere only.
    assert [row["proname"] for row in in_sql] == [
        *("darkroom_lane_closed", "darkroom_open_route", "darkroom_stop", "darkroom_tokens", "darkroom_why_elsewhere")
    ]
    for call in VANISHES:
        plan = "\n".join(line[0] for line in await connection.fetch(f"EXPLAIN VERBOSE {call}"))
        assert "darkroom_" not in plan, plan
