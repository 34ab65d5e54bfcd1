"""Generations with a past, as the server's resource shows them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

START = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
STAGES = ("queued", "processing", "downloading", "completed")
LASTED = {"pending": 2.0, "queued": 0.02, "processing": 1.84, "downloading": 0.45}
"""Seconds that each stage takes."""
UNSAID = (
    *("user_id", "negative_prompt", "style", "steps", "guidance_scale", "seed", "source_image_url"),
    *("generation_strength", "error_message", "replicate_prediction_id", "generation_time_seconds"),
    *("batch_id", "batch_index", "progress"),
)
"""Columns that these generations leave empty."""
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(5_000)


def generation(
    *stages: str | tuple[str, str], pictures: Sequence[str] = ("/images/p/one.png",), **columns: Any
) -> dict[str, Any]:
    """A generation that went through `stages`, each a status or a status with its reason."""
    timeline: list[dict[str, Any]] = []
    at, attempt = START, 0
    for v, stage in enumerate(stages or STAGES, start=1):
        status, why = stage if isinstance(stage, tuple) else (stage, None)
        attempt += status == "processing"
        entry = {"v": v, "status": status, "at": at.isoformat(), "attempt": attempt}
        timeline.append(entry if why is None else entry | {"why": why})
        at += timedelta(seconds=LASTED.get(status, 0))
    last = timeline[-1]
    id_ = str(uuid4())
    return {
        "id": id_,
        "job_id": id_,
        **dict.fromkeys(UNSAID),
        "prompt": "a lighthouse at dusk",
        "model": "FLUX schnell",
        "model_id": "black-forest-labs/flux-schnell",
        "width": 1024,
        "height": 768,
        "status": last["status"],
        "retry_count": 0,
        "priority": 0,
        "created_at": START.isoformat(),
        "updated_at": last["at"],
        "completed_at": last["at"] if last["status"] == "completed" else None,
        "version": last["v"],
        "attempt_number": attempt,
        "max_attempts": 3,
        "metadata": {},
        "timeline": timeline,
        "images": [
            {"idx": n, "url": url, "width": 1024, "height": 768, "format": "png", "file_size": len(PICTURE)}
            for n, url in enumerate(pictures if last["status"] == "completed" else ())
        ],
        **columns,
    }


def transition_frame(row: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """The frame for one entry of a generation's timeline, with the row as it is now beside it."""
    return {
        "type": "transition",
        "topic": f"generation:{row['id']}",
        "cursor": entry["v"],
        "id": row["id"],
        "status": entry["status"],
        "version": entry["v"],
        "at": entry["at"],
        "generation": row,
    }
