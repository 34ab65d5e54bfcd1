"""Sources: puts the source picture into the input of a purchase."""

import asyncio
from typing import Any

from sqlalchemy import Row

from pipeline.egress import Guard
from pipeline.errors import SourceUnreachable
from pipeline.media.inspection import InspectionPool
from pipeline.media.source import fetch_source
from pipeline.models import with_source

FETCHING = 16
"""How many source pictures one worker holds at a time; each may have ten megabytes."""
LONGEST_SECONDS = 10.0


class Sources:
    """Fetches the source pictures of one worker's purchases."""

    def __init__(self, guard: Guard, inspections: InspectionPool) -> None:
        self._guard = guard
        self._inspections = inspections
        self._places = asyncio.Semaphore(FETCHING)

    async def filled(self, row: Row[Any], timeout: float) -> dict[str, Any]:
        """The row's input with the picture itself in place of its address, within `timeout` seconds.

        Raises SourceRefused or SourceUnreachable. The row keeps the address: the picture would make it a hundred times
        as large.
        """
        seconds = min(timeout, LONGEST_SECONDS)
        try:
            async with asyncio.timeout(seconds), self._places:
                sent = await fetch_source(self._guard, self._inspections, row.source_image_url, seconds)
        except TimeoutError as error:
            raise SourceUnreachable(f"it was not there within {seconds:g} s") from error
        return with_source(row.model_id, row.provider, row.input, sent)
