"""The old guide's queue: views over image_generations. A job has its generation's id, and its owner."""

from api.supabase.rest.tables.table import Column, Table, plain

_MINE = "{t}.id IN (SELECT g.id FROM image_generations AS g WHERE g.user_id = :me)"
_OWNERLESS = "{t}.id IN (SELECT g.id FROM image_generations AS g WHERE g.id = {t}.id AND g.user_id IS NULL)"
# By a literal, only that part of the view is read which can have it.
_STATUS = Column(
    "text",
    "{t}.status",
    ("{t}.status", {status: (status,) for status in ("pending", "processing", "completed", "failed")}),
)
# What was enqueued by SQL may carry them.
_PAYLOAD = Column("jsonb", "{t}.payload - CAST('{{webhook_url,metadata}}' AS text[])")


def _jobs(name: str, *columns: str) -> Table:
    return Table(
        name,
        name,
        {column: _COLUMNS[column] for column in columns},
        mine=_MINE,
        ownerless=_OWNERLESS,
        exact=frozenset({"id"}),
        # Of the view's branches a status leaves only those that can have it.
        keyed=frozenset({"id", "status"} & set(columns)),
    )


_COLUMNS = {
    **plain(id="uuid", job_type="text", priority="integer", attempt_number="integer", max_attempts="integer"),
    **plain(result="jsonb", error_message="text"),
    **plain(created_at="timestamptz", updated_at="timestamptz", completed_at="timestamptz"),
    "payload": _PAYLOAD,
    "status": _STATUS,
}
_BEGINNING = ("id", "job_type", "payload")
_ATTEMPTS = ("attempt_number", "max_attempts")
JOBS = _jobs(
    "job_queue",
    *_BEGINNING,
    "status",
    "priority",
    *_ATTEMPTS,
    "result",
    "error_message",
    "created_at",
    "updated_at",
    "completed_at",
)
FAILED_JOBS = _jobs(
    "failed_jobs_recent", *_BEGINNING, "error_message", *_ATTEMPTS, "created_at", "updated_at", "completed_at"
)
STUCK_JOBS = _jobs("stuck_jobs", *_BEGINNING, *_ATTEMPTS, "created_at", "updated_at")
# Counts of everybody's jobs, for everybody: a view of the old project had its owner's rights, and so no row's policy.
QUEUE_HEALTH = Table(
    "queue_health",
    "queue_health",
    plain(
        pending_jobs="bigint",
        processing_jobs="bigint",
        completed_last_hour="bigint",
        failed_last_hour="bigint",
        avg_processing_time_seconds="numeric",
    ),
)
