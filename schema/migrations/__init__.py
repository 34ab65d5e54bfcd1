"""The schema's history."""

from schema.migrations.migrate import downgrade, statements, upgrade, upgrade_within

__all__ = ["downgrade", "statements", "upgrade", "upgrade_within"]
