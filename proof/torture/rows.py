"""What the database says, read by a plain connection as a stranger would."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from proof.plain_connection import fetch
from schema.statuses import FINAL

_FINAL = ", ".join(f"'{status}'" for status in sorted(FINAL))
_UNFINISHED = f"SELECT status, count(*) AS count FROM image_generations WHERE status NOT IN ({_FINAL}) GROUP BY status"
_TICKING = f"""
    SELECT (SELECT count(*) FROM image_generations WHERE status NOT IN ({_FINAL}) OR due_at IS NOT NULL)
      + (SELECT count(*) FROM deliveries WHERE due_at < now() + interval '20 seconds') AS count
"""
_PENDING = "SELECT generation_id::text, version FROM deliveries WHERE due_at IS NOT NULL"
_ROWS = """
    SELECT id::text, prompt, status, version, timeline, num_outputs, due_at, attempt_number, max_attempts,
      replicate_prediction_id, possible_double_charge, error_message, user_id,
      coalesce(cost, 0)::double precision AS cost, webhook_url IS NOT NULL AS told
    FROM image_generations ORDER BY created_at, id
"""
_IMAGES = """
    SELECT generation_id::text, idx, storage_path, public_url, file_size, width, height FROM images
    ORDER BY generation_id, idx
"""


@dataclass(frozen=True)
class Row:
    """One generation, by the columns that the audit looks at."""

    id: str
    prompt: str
    status: str
    version: int
    timeline: list[dict[str, Any]]
    num_outputs: int
    due_at: datetime | None
    attempt_number: int
    max_attempts: int
    replicate_prediction_id: str | None
    possible_double_charge: int
    error_message: str | None
    user_id: str | None = None
    cost: float = 0.0
    """US dollars."""
    told: bool = False
    """Whether a receiver is to be told of its ends."""


@dataclass(frozen=True)
class Image:
    """One picture's row."""

    generation_id: str
    idx: int
    storage_path: str
    public_url: str
    file_size: int
    width: int
    height: int


class Rows:
    """Reads the tables. Connects anew each time, because what it reads from is killed now and then."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    async def unfinished(self) -> dict[str, int]:
        """How many rows stand in each status that is not final. Raises one of AWAY."""
        return {row["status"]: row["count"] for row in await self.fetch(_UNFINISHED)}

    async def ticking(self) -> int:
        """How many rows are not final, or still have a clock, as one whose meter runs has; and how many webhooks
        are due soon. Raises one of AWAY.
        """
        (row,) = await self.fetch(_TICKING)
        return int(row["count"])

    async def pending(self) -> list[tuple[str, int]]:
        """The events, by generation and version, that are still to be sent. Raises one of AWAY."""
        return [(row["generation_id"], row["version"]) for row in await self.fetch(_PENDING)]

    async def generations(self) -> list[Row]:
        """Every generation, oldest first."""
        return [_read(row) for row in await self.fetch(_ROWS)]

    async def images(self) -> list[Image]:
        """Every picture, by generation and index."""
        return [Image(**row) for row in await self.fetch(_IMAGES)]

    async def fetch(self, sql: str, *arguments: object) -> list["asyncpg.Record"]:
        """Run one statement over a fresh connection. Raises one of AWAY."""
        return await fetch(self._url, sql, *arguments)


def _read(row: "asyncpg.Record") -> Row:
    return Row(**{**row, "timeline": orjson.loads(row["timeline"])})
