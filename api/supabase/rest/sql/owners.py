"""Whose rows somebody sees, as row-level security had it."""

from typing import Protocol

from api.auth.identity import Identity
from api.supabase.rest.sql.binds import Binds
from api.supabase.rest.tables import Table


class Rule(Protocol):
    """Makes a condition of who asks."""

    def __call__(self, table: Table, alias: str, who: Identity, binds: Binds, *, by_id: bool) -> str | None: ...


def visible(table: Table, alias: str, who: Identity, binds: Binds, *, by_id: bool) -> str | None:
    """The condition for the rows of `alias` that `who` may read; None for all of them.

    Rows without an owner are found by those who know their id, and in no list.
    """
    if who.sees_all or table.mine is None:
        return None
    rules = []
    if who.user_id is not None:
        binds.values["me"] = who.user_id
        rules.append(table.mine)
    if by_id:
        rules.append(table.ownerless)
    return f"({' OR '.join(rules).format(t=alias)})" if rules else "false"


def changeable(table: Table, alias: str, who: Identity, binds: Binds, *, by_id: bool) -> str | None:
    """The same for the rows that `who` may change: what has no owner is the anonymous key's, and no user's."""
    return visible(table, alias, who, binds, by_id=by_id and who.role == "anonymous")
