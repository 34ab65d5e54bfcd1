"""Users take turns: a row's place in line, the claim's index by it, and the one that finds a user's last."""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0007"
down_revision = "0006"

_QUEUED = sa.text("status = 'queued'")
_ALREADY_IN_LINE = """
    UPDATE image_generations SET turn = CAST(extract(epoch FROM created_at) * 1000000 AS bigint) WHERE status = 'queued'
"""


def upgrade() -> None:
    """Add them. What waits already keeps the order of its age."""
    op.execute("SET LOCAL darkroom.app = 'on'")
    op.add_column("image_generations", sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(_ALREADY_IN_LINE)
    op.drop_index("image_generations_claim_idx", "image_generations")
    op.create_index(
        "image_generations_claim_idx",
        "image_generations",
        ["provider", sa.text("priority DESC"), "turn", "id"],
        postgresql_where=_QUEUED,
    )
    op.create_index(
        "image_generations_turn_idx",
        "image_generations",
        [sa.text("coalesce(user_id, '')"), "provider", "priority", "turn"],
        postgresql_where=_QUEUED,
    )
    for name in ("claim", "turn", "turn_trigger"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP TRIGGER darkroom_turn ON image_generations")
    op.execute("DROP FUNCTION darkroom_take_turn()")
    op.drop_index("image_generations_turn_idx", "image_generations")
    op.drop_index("image_generations_claim_idx", "image_generations")
    op.create_index(
        "image_generations_claim_idx",
        "image_generations",
        ["provider", sa.text("priority DESC"), "created_at", "id"],
        postgresql_where=_QUEUED,
    )
    op.drop_column("image_generations", "turn")
