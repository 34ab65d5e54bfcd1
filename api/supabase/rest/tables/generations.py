"""`image_generations` and `images`: their columns by the old names, and none that tell of the pipeline's inside."""

from collections.abc import Mapping

from api.supabase.functions.finished import CANCELLED
from api.supabase.rest.tables.table import Column, Relation, Table, plain
from schema.statuses import Status

MOST_IMAGES = 4
"""Of one generation."""
_SHOWN: Mapping[str, tuple[str, ...]] = {
    **{str(status): (str(status),) for status in Status if status != Status.CANCELLED},
    str(Status.FAILED): (str(Status.FAILED), str(Status.CANCELLED)),
}
"""The old apps know no status `cancelled`: it was `failed`, with a reason."""
_STATUS = Column("text", "CASE WHEN {t}.status = 'cancelled' THEN 'failed' ELSE {t}.status END", ("{t}.status", _SHOWN))
_REASON = Column("text", f"CASE WHEN {{t}}.status = 'cancelled' THEN '{CANCELLED}' ELSE {{t}}.error_message END")

GENERATIONS = Table(
    "image_generations",
    "image_generations",
    {
        **plain(
            id="uuid",
            user_id="text",
            prompt="text",
            negative_prompt="text",
            model="text",
            model_id="text",
            style="text",
            width="integer",
            height="integer",
            steps="integer",
            guidance_scale="double precision",
            seed="bigint",
            source_image_url="text",
            generation_strength="double precision",
        ),
        "status": _STATUS,
        "error_message": _REASON,
        **plain(
            retry_count="integer",
            priority="integer",
            replicate_prediction_id="text",
            generation_time_seconds="double precision",
            batch_id="uuid",
            batch_index="integer",
            created_at="timestamptz",
            updated_at="timestamptz",
            completed_at="timestamptz",
            version="integer",
            progress="smallint",
        ),
    },
    mine="{t}.user_id = :me",
    ownerless="{t}.user_id IS NULL",
    exact=frozenset({"id"}),
    relations={
        "images": Relation(
            "images",
            "{other}.generation_id = {t}.id",
            MOST_IMAGES,
            frozenset({"images_generation_id_fkey", "generation_id"}),
        ),
        "batch_generations": Relation(
            "batch_generations",
            "{other}.id = {t}.batch_id",
            1,
            frozenset({"image_generations_batch_id_fkey", "batch_id"}),
        ),
    },
)
IMAGES = Table(
    "images",
    "images",
    plain(
        id="uuid",
        generation_id="uuid",
        idx="integer",
        user_id="text",
        filename="text",
        storage_path="text",
        public_url="text",
        file_size="bigint",
        width="integer",
        height="integer",
        format="text",
        prompt="text",
        negative_prompt="text",
        model="text",
        blurhash="text",
        created_at="timestamptz",
    ),
    mine="{t}.user_id = :me",
    ownerless="{t}.user_id IS NULL",
    exact=frozenset({"id", "generation_id"}),
    relations={
        "image_generations": Relation(
            "image_generations",
            "{other}.id = {t}.generation_id",
            1,
            frozenset({"images_generation_id_fkey", "generation_id"}),
        )
    },
)
