"""`deliveries`: the outbox and its log. One row for each event, written in the transaction of its transition.

No foreign key: an event outlives its generation.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from schema.delivery_states import UNSETTLED, DeliveryState
from schema.tables.metadata import metadata

Moment = DateTime(timezone=True)
_STATES = ", ".join(f"'{state}'" for state in sorted(DeliveryState))
_UNSETTLED = ", ".join(f"'{state}'" for state in sorted(UNSETTLED))

deliveries = Table(
    "deliveries",
    metadata,
    # The event's `webhook-id`, the same over all tries.
    Column("id", Uuid, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("generation_id", Uuid, nullable=False),
    # Of the generation, at that transition.
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("url", Text, nullable=False),
    # In the address: what is under way to one receiver is bounded by it.
    Column("host", Text, nullable=False),
    # SHA-256 of user and address together: what `webhook_endpoints` knows it by.
    Column("endpoint", LargeBinary, nullable=False),
    # The body, byte for byte.
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", Moment),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    # Tries since it was made, or last replayed.
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    # Somebody asked for a replay while it was being sent.
    Column("again", Boolean, nullable=False, server_default="false"),
    # The last of them, oldest first: {at, seconds, status, error, answer}. Without `seconds`, its worker was lost.
    Column("tries", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    Column("settled_at", Moment),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    # One that waits without a clock would be forgotten, and one that is settled has nothing to wait for.
    CheckConstraint(f"(due_at IS NOT NULL) = (state IN ({_UNSETTLED}))", name="due_at"),
)

# The claim steps from receiver to receiver, and takes the first of each.
Index(
    "deliveries_due_idx",
    deliveries.c.host,
    deliveries.c.user_id,
    deliveries.c.due_at,
    deliveries.c.id,
    postgresql_where=text("due_at IS NOT NULL"),
)
# What is under way to a receiver.
Index("deliveries_sending_idx", deliveries.c.host, deliveries.c.user_id, postgresql_where=text("state = 'sending'"))
# What waits for an endpoint that has just asked for patience, or is gone.
Index("deliveries_endpoint_idx", deliveries.c.endpoint, postgresql_where=text("due_at IS NOT NULL"))
# Lists, newest first: a user's, everybody's, a generation's. The second one also finds what is to be forgotten.
Index(
    "deliveries_user_idx",
    deliveries.c.user_id,
    deliveries.c.created_at.desc(),
    deliveries.c.id.desc(),
)
Index("deliveries_created_idx", deliveries.c.created_at.desc(), deliveries.c.id.desc())
Index("deliveries_generation_idx", deliveries.c.generation_id)
