"""A move from the old design, in words."""

from collections.abc import Iterator
from typing import Any

_STANDS = {
    "pending": "wait, and are developed",
    "processing": "were bought already; the provider is asked after them",
    "failed": "failed",
    "cancelled": "were called off",
    "completed": "completed",
}


def lines(document: dict[str, Any]) -> Iterator[str]:
    """What a plan, a move or a way back comes to."""
    if "written_back" in document:
        yield from _back(document["written_back"])
        return
    where = "in place" if document["in_place"] else "from another database"
    by_status = document["generations"]
    yield f"Generations to bring in, {where}: {sum(by_status.values()):,}"
    for status, words in _STANDS.items():
        if status in by_status:
            yield f"  {by_status[status]:>9,}  {words}"
    told = {
        "already_there": "are here already and stay as they are",
        "unfinished_without_job": "of the failed were unfinished and had no job any more",
        "images": "pictures, by their public addresses",
        "images_without_generation": "of the pictures have no generation; each gets one",
        "jobs_without_generation": "of the generations are made for jobs that name none",
        "batches": "batches",
    }
    for name, words in told.items():
        if document[name]:
            yield f"  {document[name]:>9,}  {words}"
    if "moved" in document:
        moved = document["moved"]
        yield f"Done: {moved['generations']:,} generations and {moved['images']:,} pictures are new here."
    else:
        yield "Nothing was changed. With --apply it is done."


def _back(written: dict[str, Any]) -> Iterator[str]:
    yield f"Written into the old tables: {written['generations']:,} generations, {written['images']:,} pictures."
    if written["jobs"]:
        yield f"  {written['jobs']:>9,}  of them are unfinished, and wait there again"
    if kept := written["kept"]:
        yield f"  {len(kept):>9,}  stay in Darkroom's tables, since the old ones refuse them:"
        yield from (f"    {one}" for one in kept)
