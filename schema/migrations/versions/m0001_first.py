"""The first schema: generations, their pictures, keys and lanes, and the trigger for changes made by hand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from schema.migrations.migrate import statements
from schema.tables.generation import Xid8

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('user', 'service')", name=op.f("api_keys_role_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pkey")),
        sa.UniqueConstraint("key_hash", name=op.f("api_keys_key_hash_key")),
    )
    op.create_table(
        "image_generations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("negative_prompt", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("style", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=True),
        sa.Column("guidance_scale", sa.Double(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("source_image_url", sa.Text(), nullable=True),
        sa.Column("generation_strength", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("retry_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replicate_prediction_id", sa.Text(), nullable=True),
        sa.Column("generation_time_seconds", sa.Double(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("batch_index", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("timeline", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempt_number", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.SmallInteger(), server_default="3", nullable=False),
        sa.Column("attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", sa.Text(), server_default="replicate", nullable=False),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("num_outputs", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("input", JSONB(), nullable=True),
        sa.Column("prediction", JSONB(), nullable=True),
        sa.Column("progress", sa.SmallInteger(), nullable=True),
        sa.Column("cost", sa.Numeric(), nullable=True),
        sa.Column("changed", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("metadata", JSONB(), nullable=True),
        sa.CheckConstraint(
            "due_at IS NOT NULL OR status NOT IN ('downloading', 'pending', 'processing')",
            name=op.f("image_generations_due_at_check"),
        ),
        sa.CheckConstraint(
            "status IN ('cancelled', 'completed', 'downloading', 'failed', 'pending', 'processing', 'queued')",
            name=op.f("image_generations_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("image_generations_pkey")),
        postgresql_with={"toast_tuple_target": 8160},
    )
    op.create_index("image_generations_changed_idx", "image_generations", ["changed"], unique=False)
    op.create_index(
        "image_generations_claim_idx",
        "image_generations",
        ["provider", sa.literal_column("priority DESC"), "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "image_generations_due_idx",
        "image_generations",
        ["status", "provider", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "image_generations_prediction_idx",
        "image_generations",
        ["provider", "replicate_prediction_id"],
        unique=True,
        postgresql_where=sa.text("replicate_prediction_id IS NOT NULL"),
    )
    op.create_index(
        "image_generations_user_idx",
        "image_generations",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "lanes",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("cap >= 0", name=op.f("lanes_cap_check")),
        sa.PrimaryKeyConstraint("provider", name=op.f("lanes_pkey")),
    )
    op.create_table(
        "images",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("generation_id", sa.Uuid(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("storage_path", sa.Text(), nullable=False),
        sa.Column("public_url", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("negative_prompt", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("blurhash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["image_generations.id"],
            name=op.f("images_generation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("images_pkey")),
        sa.UniqueConstraint("generation_id", "idx", name=op.f("images_generation_id_idx_key")),
    )
    for name in ("hand_change", "hand_change_trigger"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take it down again."""
    op.drop_table("images")
    op.drop_table("lanes")
    op.drop_table("image_generations")
    op.drop_table("api_keys")
    op.execute("DROP FUNCTION darkroom_hand_change()")
