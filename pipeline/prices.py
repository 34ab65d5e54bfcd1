"""Prices of versions outside the catalogue: what the operator says that each costs.

Nobody can know what an arbitrary version costs, so only a service key may call one that has no entry here, and no
budget ever pays for it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Invalid
from pipeline.models.sheet import Price, VersionPrice
from pipeline.statements import as_json, fetch, statement

MOST_USD = 1_000
"""Dollars for one picture or second; more is a slip."""
LONGEST_SECONDS = 86_400.0
LONGEST_NAME = 200
_VERSION = re.compile(r"[0-9a-f]{64}")

_COLUMNS = "version, name, CAST(usd AS double precision) AS usd, per, usual_seconds, updated_at"
_READ = statement(f"""
    SELECT {_COLUMNS} FROM model_prices
    WHERE version IN (SELECT jsonb_array_elements_text(CAST(CAST(:versions AS text) AS jsonb)))
""")
_LIST = statement(f"SELECT {_COLUMNS} FROM model_prices ORDER BY name, version")
_SET = statement("""
    INSERT INTO model_prices (version, name, usd, per, usual_seconds)
    VALUES (:version, CAST(:name AS text), CAST(:usd AS numeric), :per, CAST(:usual_seconds AS double precision))
    ON CONFLICT (version) DO UPDATE SET name = excluded.name, usd = excluded.usd, per = excluded.per,
      usual_seconds = excluded.usual_seconds, updated_at = now()
    RETURNING version
""")
_FORGET = statement("DELETE FROM model_prices WHERE version = :version RETURNING version")


async def read_prices(engine: AsyncEngine, versions: Collection[str]) -> Mapping[str, VersionPrice]:
    """The entries of those of `versions` that have one. Without versions the database is not asked."""
    if not versions:
        return {}
    rows = await fetch(engine, _READ, versions=as_json(list(versions)))
    return {row.version: VersionPrice(_price(row), row.usual_seconds) for row in rows}


def _price(row: Row[Any]) -> Price:
    return Price(usd=row.usd, per=row.per, date=row.updated_at.date(), source="the operator")


async def list_prices(engine: AsyncEngine) -> Sequence[Row[Any]]:
    """Every entry: version, name, usd, per, usual_seconds, updated_at."""
    return await fetch(engine, _LIST)


async def set_price(
    engine: AsyncEngine,
    version: str,
    *,
    name: str | None,
    usd: Decimal,
    per: Literal["picture", "second"],
    usual_seconds: float | None,
) -> None:
    """Enter what a version costs, in US dollars for each picture or second, instead of what was there. Raises Invalid.

    It holds for what is submitted or tried again from now on.
    """
    if not _VERSION.fullmatch(version):
        raise Invalid("version", "version: must be 64 hexadecimal digits in lower case, as the model's page shows them")
    if name is not None and not (1 <= len(name) <= LONGEST_NAME and name.isprintable()):
        raise Invalid("name", f"name: must be 1 to {LONGEST_NAME} printable characters")
    if not 0 <= usd <= MOST_USD:
        raise Invalid("usd", f"usd: must be 0 to {MOST_USD:,} US dollars for each {per}")
    if per == "second" and usual_seconds is None:
        raise Invalid("seconds", "seconds: is needed with a price by the second; a purchase is estimated by it")
    if usual_seconds is not None and not 0 < usual_seconds <= LONGEST_SECONDS:
        raise Invalid("seconds", f"seconds: must be more than 0 and at most {LONGEST_SECONDS:,.0f}")
    given = {"name": name, "usd": usd, "per": per, "usual_seconds": usual_seconds}
    await fetch(engine, _SET, version=version, **given)


async def forget_price(engine: AsyncEngine, version: str) -> None:
    """Take a version's entry away: only a service key may call it then. Raises Invalid when there is none."""
    if not await fetch(engine, _FORGET, version=version):
        raise Invalid("version", f"version: there is no price for {version!r}; list them with `darkroom models ls`")
