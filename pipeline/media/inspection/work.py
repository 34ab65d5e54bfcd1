"""What an inspection process does with one picture."""

from dataclasses import asdict
from typing import Any

from pipeline.errors import OutputBroken
from pipeline.media.inspection.limits import Task
from pipeline.media.picture import examine
from pipeline.media.shrink import shrink
from pipeline.media.svg import clean_svg


def perform(task: Task, data: bytes, subject: str) -> tuple[dict[str, Any], bytes]:
    """The head and the body of the answer: a picture, bytes, or why it is "broken". Raises MemoryError."""
    try:
        match task:
            case Task.EXAMINE:
                return {"picture": asdict(examine(data, subject))}, b""
            case Task.CLEAN:
                picture, kept = clean_svg(data, subject)
                return {"picture": asdict(picture)}, kept
            case Task.SHRINK:
                return {}, shrink(data, subject)
    except OutputBroken as error:
        return {"broken": str(error)}, b""
