"""What a row's way past the providers comes to."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipeline.doorbell import Bell
from tests.actors.lab import Hands, Lab

BOTH = ("replicate", "fal")


def stops(row: Row[Any]) -> list[str]:
    """The providers that were asked, in order."""
    return [entry["provider"] for entry in row.timeline if entry["status"] == "processing"]


async def completed(lab: Lab, hands: Hands, generation_id: UUID) -> Row[Any]:
    """The row once its prediction was rung for and its pictures are stored."""
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert row.status == "completed", row.timeline
    return row
