"""What a resumed feed needs: the transaction of each timeline entry; and an index for those who follow a batch."""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements
from schema.tables.generation import Xid8

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add them. Rows that are there have no transactions to tell: their entries count as seen."""
    op.add_column(
        "image_generations", sa.Column("changes", sa.ARRAY(Xid8()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.alter_column("image_generations", "changes", server_default=sa.text("ARRAY[pg_current_xact_id()]"))
    op.create_index(
        "image_generations_batch_idx",
        "image_generations",
        ["batch_id"],
        unique=False,
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    for name in ("hand_change", "claim"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("image_generations_batch_idx", "image_generations")
    op.drop_column("image_generations", "changes")
