"""An example of each frame."""

from typing import Any

_ID = "019ab0f2-6c1e-7d53-9a41-5f0c2b7e9d10"
_BATCH = "019ab0f2-6bd0-7a08-8f6e-2d1c4b5a6978"
_CURSOR = "691f3c2a1b0d9e8f.1.4005:1c3f"

_TIMELINE = [
    {"v": 1, "status": "queued", "at": "2026-11-24T10:00:00.012345+00:00", "attempt": 0},
    {"v": 2, "status": "processing", "at": "2026-11-24T10:00:00.020146+00:00", "attempt": 1, "provider": "replicate"},
    {"v": 3, "status": "downloading", "at": "2026-11-24T10:00:01.870219+00:00", "attempt": 1},
    {"v": 4, "status": "completed", "at": "2026-11-24T10:00:01.902840+00:00", "attempt": 1},
]
_IMAGE = {
    "id": "019ab0f2-73a0-7c11-b8a2-90ab12cd34ef",
    "idx": 0,
    "url": f"/images/{_ID}/0-3f9a1c5e7b2d.webp",
    "filename": "0-3f9a1c5e7b2d.webp",
    "storage_path": f"{_ID}/0-3f9a1c5e7b2d.webp",
    "width": 1024,
    "height": 1024,
    "format": "webp",
    "file_size": 183_244,
    "blurhash": None,
}
_GENERATION = {
    "id": _ID,
    "job_id": _ID,
    "user_id": "9f1b2c3d-user",
    "prompt": "a lighthouse at dusk",
    "negative_prompt": None,
    "model": "black-forest-labs/flux-schnell",
    "model_id": "black-forest-labs/flux-schnell",
    "model_version": None,
    "style": None,
    "width": 1024,
    "height": 1024,
    "steps": 4,
    "guidance_scale": None,
    "seed": 1_304_821_977,
    "source_image_url": None,
    "generation_strength": None,
    "num_outputs": 1,
    "provider": "replicate",
    "status": "completed",
    "error_message": None,
    "retry_count": 0,
    "priority": 0,
    "replicate_prediction_id": "q4z1w9hk3drm80cmb2x8v5t7e0",
    "generation_time_seconds": 1.79,
    "batch_id": None,
    "batch_index": None,
    "created_at": "2026-11-24T10:00:00.012345+00:00",
    "updated_at": "2026-11-24T10:00:01.902840+00:00",
    "completed_at": "2026-11-24T10:00:01.902840+00:00",
    "deadline": None,
    "version": 4,
    "progress": 100,
    "attempt_number": 1,
    "max_attempts": 3,
    "webhook_url": None,
    "possible_double_charge": 0,
    "estimated_cost": 0.003,
    "cost": 0.003,
    "timeline": _TIMELINE,
    "metadata": {"order": 4711},
    "images": [_IMAGE],
}
_TRANSITION = {
    "type": "transition",
    "id": _ID,
    "status": "completed",
    "version": 4,
    "at": "2026-11-24T10:00:01.902840+00:00",
    "generation": _GENERATION,
}
_PROBLEM = {
    "type": "/problems/not-found",
    "title": "There is no such thing here",
    "status": 404,
    "detail": "topic: there is no generation with this id, or it is not yours",
}
_LANE = {
    "lane": "replicate",
    "cap": 64,
    "in_flight": 64,
    "paused": False,
    "state": "closed",
    "trouble": None,
    "tries_again_at": None,
    "creates_per_minute": 600,
    "possible_double_charge": 0,
}

EXAMPLES: dict[str, dict[str, dict[str, Any]]] = {
    "auth": {"key": {"type": "auth", "token": "dk_Zm9vYmFyYmF6cXV4"}},
    "subscribe": {
        "one generation, from its first transition": {
            "type": "subscribe",
            "ref": "1",
            "topic": f"generation:{_ID}",
            "after": None,
        },
        "one generation, after its version 2": {
            "type": "subscribe",
            "ref": "1",
            "topic": f"generation:{_ID}",
            "after": 2,
        },
        "a feed, after a cursor": {"type": "subscribe", "ref": "2", "topic": "generations", "after": _CURSOR},
        "a batch": {"type": "subscribe", "ref": "3", "topic": f"batch:{_BATCH}"},
        "the queue": {"type": "subscribe", "topic": "queue"},
    },
    "unsubscribe": {"a feed": {"type": "unsubscribe", "ref": "4", "topic": "generations"}},
    "subscribed": {
        "one generation": {"type": "subscribed", "ref": "1", "topic": f"generation:{_ID}", "resumed": False},
        "a feed": {"type": "subscribed", "ref": "2", "topic": "generations", "resumed": True, "cursor": _CURSOR},
    },
    "transition": {
        "of one generation": {**_TRANSITION, "topic": f"generation:{_ID}", "cursor": 4},
        "on a feed": {**_TRANSITION, "topic": "generations", "cursor": _CURSOR},
    },
    "progress": {
        "in the queue": {
            "type": "progress",
            "topic": f"generation:{_ID}",
            "id": _ID,
            "progress": None,
            "position": 3,
            "eta_seconds": 12.4,
            "eta_error_seconds": 4.1,
        },
        "at the provider": {
            "type": "progress",
            "topic": f"generation:{_ID}",
            "id": _ID,
            "progress": 40,
            "position": None,
            "eta_seconds": 1.1,
            "eta_error_seconds": 0.4,
        },
    },
    "batch": {
        "half done": {
            "type": "batch",
            "topic": f"batch:{_BATCH}",
            "counts": {
                "pending": 0,
                "queued": 3,
                "processing": 2,
                "downloading": 0,
                "completed": 4,
                "failed": 1,
                "cancelled": 0,
            },
        }
    },
    "queue": {
        "busy": {
            "type": "queue",
            "topic": "queue",
            "counts": {"pending": 2, "queued": 117, "processing": 64, "downloading": 1},
            "lanes": [_LANE],
        }
    },
    "unsubscribed": {"a feed": {"type": "unsubscribed", "ref": "4", "topic": "generations"}},
    "error": {"somebody else's": {"type": "error", "ref": "1", "problem": _PROBLEM}},
}
"""Frames by their type and by what they show."""
