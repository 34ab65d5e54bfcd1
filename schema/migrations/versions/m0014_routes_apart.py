"""Routes stand in a table of their own: a generation's row is written anew at every transition, they never change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from schema.migrations.migrate import statements

revision = "0014"
down_revision = "0013"

_TABLE = "image_generations"
_INDEX = "image_generations_routed_idx"
_BY_ROUTE = ("stranded", "refuse_unpayable", "claim")
"""Functions that read routes; each takes and gives what it did."""


def _index(column: str) -> None:
    op.create_index(
        _INDEX,
        _TABLE,
        ["provider", "lane", sa.text("priority DESC"), "turn", "id"],
        postgresql_where=sa.text(f"status = 'queued' AND admitted AND {column} IS NOT NULL"),
    )


def upgrade() -> None:
    """Move them. Only rows that have one are written; their owners see no change."""
    op.create_table(
        "routes",
        sa.Column("generation_id", sa.Uuid(), sa.ForeignKey(f"{_TABLE}.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("stops", JSONB(), nullable=False),
    )
    op.execute(f"""
        INSERT INTO routes (generation_id, stops) SELECT id, routes FROM {_TABLE} WHERE jsonb_typeof(routes) = 'array'
    """)
    op.add_column(_TABLE, sa.Column("route", sa.ARRAY(sa.Text())))
    # No person's change: no version, no push.
    op.execute("SET LOCAL darkroom.app = 'on'")
    op.execute(f"""
        UPDATE {_TABLE} AS g SET route = ARRAY(
          SELECT s.stop->>'provider' FROM jsonb_array_elements(r.stops) WITH ORDINALITY AS s(stop, nth) ORDER BY s.nth)
        FROM routes AS r WHERE r.generation_id = g.id
    """)
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, "routes")
    _index("route")
    for gone in ("open_route(jsonb, text[], text)", "route(jsonb, text)"):
        op.execute(f"DROP FUNCTION IF EXISTS darkroom_{gone}")
    for name in ("stop", "open_route", *_BY_ROUTE):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Move them back. The functions that read them there are gone: only a schema without routes is whole below this."""
    op.add_column(_TABLE, sa.Column("routes", JSONB()))
    op.execute("SET LOCAL darkroom.app = 'on'")
    op.execute(f"UPDATE {_TABLE} AS g SET routes = r.stops FROM routes AS r WHERE r.generation_id = g.id")
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, "route")
    _index("routes")
    op.drop_table("routes")
    op.execute("DROP FUNCTION darkroom_stop(uuid, text)")
    op.execute("DROP FUNCTION darkroom_open_route(text[], text[], text)")
