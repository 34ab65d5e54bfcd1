"""What a generation needs to survive its machines and its provider: attempts, the breaker, the rate, the ambiguity."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0003"
down_revision = "0002"


def added() -> dict[str, list[sa.Column[Any]]]:
    """The new columns by their table, made anew each time: one cannot be added twice."""
    return {
        "image_generations": [
            sa.Column("attempts_before", sa.SmallInteger(), server_default="0", nullable=False),
            sa.Column("past_predictions", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
            sa.Column("possible_double_charge", sa.SmallInteger(), server_default="0", nullable=False),
        ],
        "lanes": [
            sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
            sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
            sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("trouble", sa.Text(), nullable=True),
            sa.Column("creates_per_minute", sa.Integer(), nullable=True),
            sa.Column("tokens", sa.Double(), server_default="0", nullable=False),
            sa.Column("tokens_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
            sa.Column("possible_double_charge", sa.BigInteger(), server_default="0", nullable=False),
        ],
    }


def upgrade() -> None:
    """Add the columns (none of them makes Postgres write the table anew), and the functions that use them."""
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    for name in ("hand_change", "claim"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take them away again."""
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
