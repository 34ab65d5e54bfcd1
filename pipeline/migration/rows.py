"""Old rows as Darkroom's: pure, one function a table."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from schema.old_design import CANCELLED

Old = Mapping[str, Any]
MOVED = "moved from the old design"
RESET = "moved from the old design while it was processing: it begins anew"
LOST = "its job was lost before it was moved from the old design; try it again"
FINAL = frozenset({"completed", "failed", "cancelled"})
DEFAULT_MODEL = "black-forest-labs/flux-schnell"


def _within(value: int | None, least: int, most: int, default: int) -> int:
    return default if value is None else min(max(value, least), most)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def status_of(old: Old, job: Old | None) -> tuple[str, str | None]:
    """Where an old generation stands in Darkroom, and its error.

    What is unfinished goes on when a job is waiting or running for it; a running one whose prediction is known is asked
    after, so that nothing is bought twice. Without a job nobody was going to develop it.
    """
    status, error = old["status"], old.get("error_message")
    if status == "failed" and error == CANCELLED:
        return "cancelled", None
    if status in FINAL:
        return status, error
    if job is None or job["status"] in ("completed", "failed"):
        return "failed", (job or {}).get("error_message") or error or LOST
    if old.get("replicate_prediction_id") and status in ("processing", "downloading"):
        return "processing", None
    return "pending", None


def generation(old: Old, job: Old | None, now: datetime) -> dict[str, Any]:
    """A row of `image_generations`."""
    status, error = status_of(old, job)
    created, updated = old["created_at"], old.get("updated_at") or old["created_at"]
    job = job or {}
    attempts = _within(job.get("attempt_number"), 1 if status == "processing" else 0, 1_000, int(status != "pending"))
    completed = (old.get("completed_at") or updated) if status in FINAL else None
    timeline = _timeline(old, status, error, attempts, completed, now)
    return {
        "id": old["id"],
        "user_id": _text(old.get("user_id")),
        "prompt": old["prompt"],
        "negative_prompt": old.get("negative_prompt"),
        "model": old.get("model") or old.get("model_id") or DEFAULT_MODEL,
        "model_id": old.get("model_id") or old.get("model") or DEFAULT_MODEL,
        "model_version": old.get("model_version"),
        "style": old.get("style"),
        "width": old.get("width"),
        "height": old.get("height"),
        "steps": old.get("steps") or old.get("num_inference_steps"),
        "guidance_scale": old.get("guidance_scale"),
        "seed": old.get("seed"),
        "source_image_url": old.get("source_image_url"),
        "generation_strength": old.get("generation_strength"),
        "status": status,
        "error_message": error,
        "retry_count": old.get("retry_count") or 0,
        "priority": _within(job.get("priority", old.get("priority")), -100, 100, 0),
        "replicate_prediction_id": None if status == "pending" else old.get("replicate_prediction_id"),
        "generation_time_seconds": old.get("generation_time_seconds"),
        "batch_id": old.get("batch_id"),
        "batch_index": old.get("batch_index"),
        "created_at": created,
        "updated_at": updated if status in FINAL else now,
        "completed_at": completed,
        "attempt_number": attempts,
        # All attempts before it again, as the old guide's reset has it.
        "attempts_before": attempts if status == "pending" else 0,
        "attempt_at": updated if status == "processing" else None,
        "max_attempts": _within(job.get("max_attempts"), 1, 10, 3),
        "due_at": None if status in FINAL else now,
        "version": len(timeline),
        "timeline": timeline,
        "job_type": job.get("job_type"),
        "payload": job.get("payload"),
    }


def _timeline(
    old: Old, status: str, error: str | None, attempts: int, completed: datetime | None, now: datetime
) -> list[dict[str, Any]]:
    """What is known of its history: when it came, when the provider began if that can be told, and its end."""
    created, was_working = old["created_at"], old["status"] in ("processing", "downloading")
    if status == "pending" and not was_working:
        return [{"v": 1, "status": "pending", "at": created.isoformat(), "attempt": 0, "why": MOVED}]
    entries: list[tuple[str, datetime, int, str | None]] = [("queued", created, 0, MOVED)]
    seconds = old.get("generation_time_seconds")
    if status == "completed" and completed and seconds:
        entries.append(("processing", max(created, completed - timedelta(seconds=float(seconds))), attempts, None))
    elif was_working:
        entries.append(("processing", max(created, old.get("updated_at") or created), attempts or 1, None))
    if status in FINAL and completed:
        entries.append((status, max(entries[-1][1], completed), attempts, error))
    elif status == "pending":
        entries.append(("pending", now, attempts, RESET))
    return [
        {"v": v, "status": name, "at": at.isoformat(), "attempt": attempt, **({"why": why} if why else {})}
        for v, (name, at, attempt, why) in enumerate(entries, 1)
    ]


def image(old: Old, of: Old, idx: int) -> dict[str, Any]:
    """A row of `images`, the `idx`th of the old generation `of`. Its public address stays."""
    url = old["public_url"]
    path = old.get("storage_path") or urlsplit(url).path.lstrip("/")
    name = PurePosixPath(old.get("filename") or path).name
    return {
        "id": old["id"],
        "generation_id": of["id"],
        "idx": idx,
        "user_id": _text(old.get("user_id") or of.get("user_id")),
        "filename": name,
        "storage_path": path,
        "public_url": url,
        "file_size": old.get("file_size") or 0,
        "width": old.get("width") or of.get("width") or 0,
        "height": old.get("height") or of.get("height") or 0,
        "format": (old.get("format") or PurePosixPath(name).suffix.lstrip(".") or "png").lower(),
        "prompt": old.get("prompt") or of.get("prompt") or "",
        "negative_prompt": old.get("negative_prompt") or of.get("negative_prompt"),
        "model": old.get("model") or of.get("model") or of.get("model_id") or DEFAULT_MODEL,
        "blurhash": old.get("blurhash"),
        "created_at": old["created_at"],
    }


def generation_of_lone(old: Old) -> Old:
    """An old generation for a picture that has none: the picture's own, by the picture's id."""
    kept = ("id", "user_id", "negative_prompt", "model", "width", "height", "created_at")
    made = {name: old.get(name) for name in kept}
    return {**made, "prompt": old.get("prompt") or "", "status": "completed", "completed_at": old["created_at"]}


def generation_of_job(job: Old) -> Old:
    """An old generation for a job that names none: what its payload asks for, by the job's id."""
    asked = job["payload"]
    named = {"num_inference_steps": "steps", "strength": "generation_strength"}
    kept = ("user_id", "prompt", "negative_prompt", "model", "model_id", "model_version", "style", "width", "height",
            "num_inference_steps", "guidance_scale", "seed", "source_image_url", "strength")  # fmt: skip
    made = {named.get(name, name): asked[name] for name in kept if asked.get(name) is not None}
    return {**made, "id": job["id"], "status": job["status"], "created_at": job["created_at"]}


def batch(old: Old) -> dict[str, Any]:
    """A row of `batches`."""
    shared = ("model_id", "model_version", "width", "height", "steps", "guidance_scale")
    return {
        "id": old["id"],
        "user_id": _text(old.get("user_id")),
        "name": old.get("name"),
        "settings": {name: old[name] for name in shared if old.get(name) is not None},
        "total": old["total_count"],
        "created_at": old["created_at"],
    }


def newest(jobs: Sequence[Old]) -> Old | None:
    """The job that counts of a generation's: one that is alive, else the last."""
    alive = [job for job in jobs if job["status"] in ("pending", "processing")]
    return max(alive or jobs, key=lambda job: job["created_at"], default=None)
