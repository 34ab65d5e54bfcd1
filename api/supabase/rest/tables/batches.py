"""`batch_generations` and `batch_progress`: views over what was submitted together."""

from api.supabase.rest.tables.table import Column, Relation, Table, plain
from schema.wire.batch import MOST_PROMPTS


def _counted(*statuses: str) -> Column:
    """How many of a batch's generations stand there, counted from their rows."""
    wanted = ", ".join(f"'{status}'" for status in statuses)
    counted = (
        "SELECT count(*) FROM image_generations AS g WHERE g.batch_id = {t}.id AND g.batch_id IS NOT NULL"
        f" AND g.status IN ({wanted})"
    )
    return Column("bigint", f"({counted})")


_MINE, _OWNERLESS = "{t}.user_id = :me", "{t}.user_id IS NULL"
BATCHES = Table(
    "batch_generations",
    "batch_generations",
    {
        **plain(id="uuid", user_id="text"),
        "name": Column("text", "(SELECT b.name FROM batches AS b WHERE b.id = {t}.id)"),
        **plain(total_count="integer", completed_count="integer", failed_count="integer"),
        "pending_count": _counted("pending", "queued"),
        "processing_count": _counted("processing", "downloading"),
        **plain(
            status="text",
            created_at="timestamptz",
            completed_at="timestamptz",
            model_id="text",
            model_version="text",
            width="integer",
            height="integer",
            steps="integer",
            guidance_scale="double precision",
        ),
    },
    mine=_MINE,
    ownerless=_OWNERLESS,
    exact=frozenset({"id"}),
    keyed=frozenset({"id"}),
    relations={
        "image_generations": Relation(
            "image_generations",
            # A partial index serves it, when the statement says what that index says.
            "{other}.batch_id = {t}.id AND {other}.batch_id IS NOT NULL",
            MOST_PROMPTS,
            frozenset({"image_generations_batch_id_fkey", "batch_id"}),
        )
    },
)
BATCH_PROGRESS = Table(
    "batch_progress",
    "batch_progress",
    plain(
        id="uuid",
        user_id="text",
        total_count="integer",
        completed_count="integer",
        failed_count="integer",
        status="text",
        processing_count="bigint",
        items="json[]",
    ),
    mine=_MINE,
    ownerless=_OWNERLESS,
    exact=frozenset({"id"}),
    keyed=frozenset({"id"}),
)
