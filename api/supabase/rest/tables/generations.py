"""`image_generations` and `images`: their columns by the old names, and none that tell of the pipeline's inside."""

from collections.abc import Mapping

from api.supabase.records import COLUMNS
from api.supabase.rest.tables.table import Column, Relation, Table, plain
from schema.old_design import CANCELLED
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
_IN_SQL = {"int2": "smallint", "int4": "integer", "int8": "bigint", "float8": "double precision"}
"""Types as Postgres' catalogue has them, and as SQL spells them."""


def _columns(table: str) -> dict[str, Column]:
    return plain(**{name: _IN_SQL.get(kind, kind) for name, kind in COLUMNS[table].items()})


GENERATIONS = Table(
    "image_generations",
    "image_generations",
    _columns("image_generations") | {"status": _STATUS, "error_message": _REASON},
    mine="{t}.user_id = :me",
    ownerless="{t}.user_id IS NULL",
    exact=frozenset({"id"}),
    keyed=frozenset({"id", "batch_id", "created_at"}),
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
    _columns("images"),
    mine="{t}.user_id = :me",
    ownerless="{t}.user_id IS NULL",
    exact=frozenset({"id", "generation_id"}),
    keyed=frozenset({"id", "generation_id"}),
    relations={
        "image_generations": Relation(
            "image_generations",
            "{other}.id = {t}.generation_id",
            1,
            frozenset({"images_generation_id_fkey", "generation_id"}),
        )
    },
)
