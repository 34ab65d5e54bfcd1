"""Rights: views that call no function of ours, so that whoever may read one needs no other right.

What PUBLIC may call is taken away at the end of every migration (schema/migrations/migrate.py), this one's included.
"""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Replace the views. Each shows what it did."""
    for name in ("job_queue", "batch_generations"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Leave them: they serve the schema below as well, and nobody is given back what only everybody had."""
