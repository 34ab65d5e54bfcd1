"""Deletions: the gateways are told of rows that are gone."""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Let deletions be told."""
    for name in ("tell_deletion", "tell_generation_deleted_trigger", "tell_image_deleted_trigger"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Tell of none."""
    op.execute("DROP TRIGGER darkroom_tell_deletion ON images")
    op.execute("DROP TRIGGER darkroom_tell_deletion ON image_generations")
    op.execute("DROP FUNCTION darkroom_tell_deletion()")
