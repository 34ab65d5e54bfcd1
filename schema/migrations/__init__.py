"""The schema's history."""

from schema.migrations.migrate import downgrade, statements, upgrade

__all__ = ["downgrade", "statements", "upgrade"]
