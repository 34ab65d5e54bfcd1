"""The tables and views as the old apps know them."""

from api.supabase.rest.tables.catalogue import TABLES
from api.supabase.rest.tables.table import UNORDERED, Column, Relation, Table

__all__ = ["TABLES", "UNORDERED", "Column", "Relation", "Table"]
