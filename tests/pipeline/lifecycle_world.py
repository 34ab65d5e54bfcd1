"""What the lifecycle machine knows besides the database: the provider's sales, and what is in whose hands."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipeline.ids import new_id


@dataclass
class Sold:
    """A prediction at the provider, who forgets nothing."""

    id: str
    generation_id: UUID
    attempt: int
    ending: str | None = None

    @property
    def record(self) -> dict[str, Any] | None:
        """What the provider says about it."""
        if self.ending is None:
            return None
        output = ["http://127.0.0.1/x.png"] if self.ending == "succeeded" else []
        return {"status": self.ending, "output": output}


@dataclass
class Hand:
    """A row in a worker's hand; the worker may be frozen for any time while it holds it."""

    row: Row[Any]
    lease_over: bool = False
    sold: Sold | None = None


@dataclass
class World:
    """What the machine knows besides the database."""

    sold: list[Sold] = field(default_factory=list)
    buying: list[Hand] = field(default_factory=list)
    storing: list[Hand] = field(default_factory=list)
    watched: list[Row[Any]] = field(default_factory=list)
    poisoned: set[UUID] = field(default_factory=set)
    """Rows that were written by SQL, and cannot be developed."""
    final: dict[UUID, tuple[str, int]] = field(default_factory=dict)


def picture() -> dict[str, Any]:
    """One picture as the actor `store` describes it."""
    return {
        "id": str(new_id()),
        "idx": 0,
        "filename": "0.png",
        "storage_path": "x/0.png",
        "public_url": "http://127.0.0.1/images/x/0.png",
        "file_size": 10,
        "width": 8,
        "height": 8,
        "format": "png",
    }
