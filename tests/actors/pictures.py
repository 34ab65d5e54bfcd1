"""A generation with outputs to store, and what must be true once they are."""

from typing import Any
from uuid import UUID

from pipeline.doorbell import Bell
from pipeline.media.picture import examine
from tests.actors.lab import Hands, Lab
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]


async def downloading(lab: Lab, hands: Hands, count: int = 1, **given: Any) -> UUID:
    """A generation whose outputs wait to be stored; `given` as for `lab.submit`."""
    asked = {"prompt": "a storm", "seed": 7, "num_outputs": count}
    generation_id = await lab.submit(num_outputs=count, input=asked, **given)
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.collect.turns.take()
    return generation_id


async def check_completed(lab: Lab, generation_id: UUID, count: int = 1) -> None:
    """Check that it is developed, bought once, and that each of its pictures is whole."""
    row = await lab.row(generation_id)
    images = await lab.images(generation_id)
    assert (statuses(row), row.attempt_number, len(lab.sold())) == (DEVELOPED, 1, 1)
    assert [image.idx for image in images] == list(range(count))
    for image in images:
        assert examine((lab.settings.home / "pictures" / image.storage_path).read_bytes()).file_size == image.file_size
