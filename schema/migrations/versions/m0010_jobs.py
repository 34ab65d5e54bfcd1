"""The old guide's SQL: `job_queue` and its views, enqueue_job, claim_next_job, complete_job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from schema.migrations.migrate import statements

revision = "0010"
down_revision = "0009"

_JOB = "text, jsonb, integer, integer"
_FUNCTIONS = {
    "darkroom_job_payload": "image_generations",
    "darkroom_whole": "jsonb",
    "darkroom_tell": "uuid, integer, text, uuid",
    "darkroom_check_job": _JOB,
    "darkroom_reset_job": "uuid",
    "darkroom_enqueue_again": _JOB,
    "darkroom_enqueue": _JOB,
    "darkroom_job_outputs": "jsonb",
    "darkroom_job_queue_written": "",
    "darkroom_come_home": "",
    "enqueue_job": _JOB,
    "claim_next_job": "",
    "complete_job": "uuid, jsonb, text",
}
"""Their arguments by their names; each stands in schema/sql, and is used only by those after it."""
_VIEWS = {
    "job_queue": "The old guide's jobs. INSERT enqueues one; UPDATE takes the guide's resets (status = 'pending', "
    "attempt_number = 0), priority and max_attempts; DELETE hides the job, and never touches its generation, what is "
    "under way, or a picture. attempt_number counts from the last reset.",
    "queue_health": "The old guide's 5.1, which may replace it.",
    "failed_jobs_recent": "What failed or was called off in the last 24 hours.",
    "stuck_jobs": "Processing for over 15 minutes without a step. The pipeline takes such rows over by itself: a row "
    "here is one that a slow provider or an external worker still has.",
    "batch_generations": "Batches by the old columns; counts and status are counted from the generations.",
    "batch_progress": "A batch with the state of each of its generations.",
}
_CALLED = ("enqueue_job(text, jsonb, integer, integer)", "claim_next_job()", "complete_job(uuid, jsonb, text)")


def columns() -> list[sa.Column[object]]:
    """The new columns, made anew each time: one cannot be added twice."""
    return [
        sa.Column("job_type", sa.Text()),
        sa.Column("payload", JSONB()),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.Column("outside_of", sa.Text()),
    ]


def upgrade() -> None:
    """Add them. All columns may be empty: nothing makes Postgres write the large table anew."""
    for column in columns():
        op.add_column("image_generations", column)
    for name in ("job_payload", "whole", *_VIEWS, *list(_FUNCTIONS)[2:], "come_home_trigger", "job_queue_trigger"):
        op.execute(sa.text(statements(name.removeprefix("darkroom_"))))
    op.execute(sa.text(statements("hand_change")))
    for name, told in _VIEWS.items():
        quoted = told.replace("'", "''")
        op.execute(f"COMMENT ON VIEW {name} IS '{quoted}'")
    # They write with their owner's rights, past any policy: whoever may call them is told so one by one.
    for function in _CALLED:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")


def downgrade() -> None:
    """Take them away again. What an external worker has is taken back when its lease ends, by an older clock never."""
    op.execute("DROP TRIGGER darkroom_come_home ON image_generations")
    op.execute(
        "UPDATE image_generations SET provider = outside_of WHERE outside_of IS NOT NULL AND status = 'processing'"
    )
    for name in reversed(_VIEWS):
        op.execute(f"DROP VIEW {name}")
    for name, arguments in reversed(_FUNCTIONS.items()):
        op.execute(f"DROP FUNCTION {name}({arguments})")
    for column in columns():
        op.drop_column("image_generations", column.name)
