"""Records: a generation and its pictures as the old tables had them, for the doors that show rows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schema.old_design import CANCELLED
from schema.statuses import FINAL, Status

GENERATIONS = "image_generations"
IMAGES = "images"

COLUMNS: Mapping[str, Mapping[str, str]] = {
    GENERATIONS: {
        "id": "uuid",
        "user_id": "text",
        "prompt": "text",
        "negative_prompt": "text",
        "model": "text",
        "model_id": "text",
        "style": "text",
        "width": "int4",
        "height": "int4",
        "steps": "int4",
        "guidance_scale": "float8",
        "seed": "int8",
        "source_image_url": "text",
        "generation_strength": "float8",
        "status": "text",
        "error_message": "text",
        "retry_count": "int4",
        "priority": "int4",
        "replicate_prediction_id": "text",
        "generation_time_seconds": "float8",
        "batch_id": "uuid",
        "batch_index": "int4",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "completed_at": "timestamptz",
        # Ours: what an app may want to know, and nothing that only the row's owner should.
        "version": "int4",
        "progress": "int2",
    },
    IMAGES: {
        "id": "uuid",
        "generation_id": "uuid",
        "idx": "int4",
        "user_id": "text",
        "filename": "text",
        "storage_path": "text",
        "public_url": "text",
        "file_size": "int8",
        "width": "int4",
        "height": "int4",
        "format": "text",
        "prompt": "text",
        "negative_prompt": "text",
        "model": "text",
        "blurhash": "text",
        "created_at": "timestamptz",
    },
}
"""Each old table's columns and their types in Postgres, in the order in which they are shown."""

Record = dict[str, Any]


def generation_record(resource: Mapping[str, Any], entry: Mapping[str, Any] | None = None) -> Record:
    """The row of `image_generations`, as it stood after this entry of its timeline (None: the last one).

    Of an earlier entry what it tells is the entry's; the other columns are the row's as it stands now.
    """
    record = {name: shown(resource[name]) for name in COLUMNS[GENERATIONS]}
    if entry is not None and entry["v"] != resource["version"]:
        at = moment(entry["at"])
        record |= {
            "status": entry["status"],
            "version": entry["v"],
            "updated_at": at,
            "completed_at": at if entry["status"] in FINAL else None,
            "error_message": entry.get("why") if entry["status"] == Status.FAILED else None,
            "progress": None,
        }
    # The old tables know no such status.
    if record["status"] == Status.CANCELLED:
        record |= {"status": "failed", "error_message": CANCELLED}
    return record


def image_records(resource: Mapping[str, Any]) -> list[Record]:
    """The rows of `images` that came when the generation was completed; none before that."""
    first = next((entry["at"] for entry in resource["timeline"] if entry["status"] == Status.COMPLETED), None)
    of_generation = {
        "generation_id": resource["id"],
        **{name: resource[name] for name in ("user_id", "prompt", "negative_prompt", "model")},
        "created_at": first and moment(first),
    }
    rows = ({**image, **of_generation, "public_url": image["url"]} for image in resource["images"])
    return [{name: shown(row[name]) for name in COLUMNS[IMAGES]} for row in rows]


def shown(value: Any) -> Any:
    """A column's value as PostgREST and Realtime write it."""
    return moment(value) if isinstance(value, datetime) else value


def moment(at: datetime | str) -> str:
    """A `timestamptz` as Postgres puts it into JSON in UTC: no zeros behind the last digit of its fraction."""
    told = datetime.fromisoformat(at) if isinstance(at, str) else at
    whole, point, fraction = told.astimezone(UTC).replace(tzinfo=None).isoformat().partition(".")
    digits = fraction.rstrip("0")
    return f"{whole}{point if digits else ''}{digits}+00:00"
