"""`lanes`: one row for each provider, whose lock lets one claim at a time count what is in flight; and one for each
model of it that has a cap, a rate or a pause of its own.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from schema.tables.metadata import metadata

lanes = Table(
    "lanes",
    metadata,
    Column("provider", Text, nullable=False),
    # Empty: the whole provider, and the line of all models that have no lane of their own.
    Column("model_id", Text, nullable=False, server_default=""),
    # Predictions in flight; a model's count among its provider's as well.
    Column("cap", Integer, nullable=False),
    Column("paused", Boolean, nullable=False, server_default="false"),
    # Whether the provider's credentials are set.
    Column("served", Boolean, nullable=False, server_default="true"),
    # The breaker: purchases in a row that found the provider down, since when and until when nothing is claimed, and
    # what the provider said.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("open_until", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True)),
    Column("trouble", Text),
    # After a throttle: how many may go at once, doubled each time that they are taken, until there is no such limit.
    # Then `opened_at` is when that last changed: only what was begun since says anything new.
    Column("allowance", Integer),
    # A token bucket: a claim takes one for each row. No rate, no limit.
    Column("creates_per_minute", Integer),
    Column("tokens", Double, nullable=False, server_default="0"),
    Column("tokens_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    # The turn at which each priority's line begins, and when the oldest in flight began, as of a second ago at most;
    # see sql/find_heads.sql.
    Column("heads", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("oldest_at", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'")),
    Column("heads_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    # Whose turn it is, where several lanes of one provider have somebody waiting.
    Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("possible_double_charge", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("cap >= 0", name="cap"),
    PrimaryKeyConstraint("provider", "model_id"),
)
