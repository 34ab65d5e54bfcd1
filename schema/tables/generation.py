"""`image_generations`: the one table the pipeline moves. The row is the truth."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

from schema.statuses import WORKING, Status, sql_list
from schema.tables.metadata import metadata


class Xid8(UserDefinedType[int]):
    """Postgres' 64-bit transaction id: the only order that commits which overtake each other can't fool."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "XID8"


# SQLAlchemy's reflection does not know it; Alembic's comparison with a database needs it to.
ischema_names["xid8"] = Xid8

NOW = text("now()")
Moment = DateTime(timezone=True)
BUSY = "user_cap IS NOT NULL AND (status = 'processing' OR (status = 'queued' AND admitted))"
"""What counts towards a user's cap, in SQL."""

generations = Table(
    "image_generations",
    metadata,
    # What old clients read, by the old guide's names.
    Column("id", Uuid, primary_key=True),
    Column("user_id", Text),
    Column("prompt", Text, nullable=False),
    Column("negative_prompt", Text),
    Column("model", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("style", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("steps", Integer),
    Column("guidance_scale", Double),
    Column("seed", BigInteger),
    Column("source_image_url", Text),
    Column("generation_strength", Double),
    Column("status", Text, nullable=False),
    Column("error_message", Text),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("replicate_prediction_id", Text),
    Column("generation_time_seconds", Double),
    Column("batch_id", Uuid),
    Column("batch_index", Integer),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    Column("completed_at", Moment),
    # Ours beside them.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("timeline", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("attempt_number", SmallInteger, nullable=False, server_default="0"),
    Column("max_attempts", SmallInteger, nullable=False, server_default="3"),
    Column("attempts_before", SmallInteger, nullable=False, server_default="0"),
    Column("attempt_at", Moment),
    Column("due_at", Moment),
    # The place in line, inside a lane's priority; see sql/turn.sql.
    Column("turn", BigInteger, nullable=False, server_default="0"),
    # The lane of its model, where that has one of its own; empty: the provider's.
    Column("lane", Text, nullable=False, server_default=""),
    # How many of its user's may be in flight; and whether it is parked, because so many are or are next.
    Column("user_cap", Integer),
    Column("admitted", Boolean, nullable=False, server_default="true"),
    Column("deadline", Moment),
    Column("provider", Text, nullable=False, server_default="replicate"),
    # The model by the provider's own name, where that is another than model_id.
    Column("provider_model", Text),
    # Every provider that can take the request, in order; NULL where there is only one. What each is asked stands in
    # `routes`. And those of them that have refused it.
    Column("route", ARRAY(Text)),
    Column("refused_by", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # When a provider that keeps no list was asked: from then on only its own word tells whether it has sold.
    Column("asked_at", Moment),
    Column("model_version", Text),
    Column("num_outputs", SmallInteger, nullable=False, server_default="1"),
    Column("input", JSONB),
    Column("prediction", JSONB),
    Column("progress", SmallInteger),
    # What an attempt is thought to cost, by which price (dollars by `picture` or `second`), and what was paid so far.
    Column("estimated_cost", Numeric),
    Column("price", JSONB),
    Column("cost", Numeric),
    Column("past_predictions", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("possible_double_charge", SmallInteger, nullable=False, server_default="0"),
    Column("changed", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    # The transaction of each timeline entry, the last ones last: what a resumed feed may have missed.
    Column("changes", ARRAY(Xid8), nullable=False, server_default=text("ARRAY[pg_current_xact_id()]")),
    Column("webhook_url", Text),
    Column("metadata", JSONB),
    # Its job by the old guide's SQL: what it was enqueued with, and when it was taken out of `job_queue`.
    Column("job_type", Text),
    Column("payload", JSONB),
    Column("archived_at", Moment),
    # The provider whose line it stood in when an external worker claimed it; set only while it is that one's.
    Column("outside_of", Text),
    CheckConstraint(f"status IN ({sql_list(frozenset(Status))})", name="status"),
    # A working row without a clock would be stuck for ever; so it cannot be written.
    CheckConstraint(f"due_at IS NOT NULL OR status NOT IN ({sql_list(WORKING)})", name="due_at"),
    postgresql_with={"toast_tuple_target": 8160},
)

USER = func.coalesce(generations.c.user_id, literal_column("''"))

# The claim walks this: strict priority, then turns. Only queued rows are in it, and of a capped user's only the next.
Index(
    "image_generations_claim_idx",
    generations.c.provider,
    generations.c.lane,
    generations.c.priority.desc(),
    generations.c.turn,
    generations.c.id,
    postgresql_where=text("status = 'queued' AND admitted"),
)
# A user's last turn in a line: their next one stands behind it.
Index(
    "image_generations_turn_idx",
    USER,
    generations.c.provider,
    generations.c.lane,
    generations.c.priority,
    generations.c.turn,
    postgresql_where=text("status = 'queued'"),
)
# What may be bought elsewhere while its lane is closed.
Index(
    "image_generations_routed_idx",
    generations.c.provider,
    generations.c.lane,
    generations.c.priority.desc(),
    generations.c.turn,
    generations.c.id,
    postgresql_where=text("status = 'queued' AND admitted AND route IS NOT NULL"),
)
# What is in flight at a provider: each claim counts it.
Index(
    "image_generations_flight_idx",
    generations.c.provider,
    generations.c.attempt_at,
    postgresql_where=text("status = 'processing'"),
)
# What of a capped user's is in flight or next: counted whenever another one might be.
Index("image_generations_busy_idx", USER, postgresql_where=text(BUSY))
# What of theirs waits for that, best first.
Index(
    "image_generations_parked_idx",
    USER,
    generations.c.priority.desc(),
    generations.c.turn,
    generations.c.id,
    postgresql_where=text("status = 'queued' AND NOT admitted"),
)
# Everything with a clock: the sweep's due rows and the watcher's looks.
Index(
    "image_generations_due_idx",
    generations.c.status,
    generations.c.provider,
    generations.c.due_at,
    postgresql_where=text("due_at IS NOT NULL"),
)
# The gateway's safety look: what committed since the last one.
Index("image_generations_changed_idx", generations.c.changed)
# Who follows a batch, and its counts.
Index("image_generations_batch_idx", generations.c.batch_id, postgresql_where=text("batch_id IS NOT NULL"))
# A user's own list, newest first.
Index(
    "image_generations_user_idx",
    generations.c.user_id,
    generations.c.created_at.desc(),
    generations.c.id.desc(),
)
# One prediction belongs to one generation: what was bought once cannot be booked twice.
Index(
    "image_generations_prediction_idx",
    generations.c.provider,
    generations.c.replicate_prediction_id,
    unique=True,
    postgresql_where=text("replicate_prediction_id IS NOT NULL"),
)
