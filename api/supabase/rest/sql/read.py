"""The one statement that reads a page: its rows as JSON, how many they are, and how many there are in all.

Ownership is decided before anything that the asker wrote is evaluated. Every table stands in FROM as a fenced subselect
that lets through only rows which its rule shows (`_fenced`): Postgres pulls no condition into a subselect that has an
OFFSET. And every value is read as its type before the first row is (`_read_first`). So neither an error nor the time
that an expression takes tells anything of somebody else's row.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.auth.identity import Identity
from api.supabase.rest.query.nouns import Embed, Level, Order, Selected
from api.supabase.rest.sql.binds import Binds
from api.supabase.rest.sql.conditions import condition_sql, is_keyed
from api.supabase.rest.sql.owners import Rule, changeable, visible
from api.supabase.rest.tables import Table

# No name in a request has a space in it, so that no column can be taken for the row.
_ROW = '"the row"'


class Read(NamedTuple):
    """A statement of one row (`body`, `rows`, `total`), and what it binds."""

    sql: str
    values: Mapping[str, object]


def read_sql(level: Level, who: Identity, *, one: bool, count: bool) -> Read:
    """The statement for what is asked. `one`: the body is the first row alone; `count`: with the total."""
    return _Building(who, by_id=level.names_exactly).statement(level, one=one, count=count)


def matched_sql(level: Level, who: Identity, most: int) -> Read:
    """The statement for the `id` of what `who` may change of the rows that match; `most` of them, in order."""
    return _Building(who, by_id=level.names_exactly, rule=changeable).matched(level, most)


class _Building:
    def __init__(self, who: Identity, *, by_id: bool, rule: Rule = visible) -> None:
        self._who = who
        self._by_id = by_id
        self._rule = rule
        self._binds = Binds()

    def statement(self, level: Level, *, one: bool, count: bool) -> Read:
        page = f"json_agg({_ROW}){' -> 0' if one else ''}"
        rows = self._rows(level, self._binds.alias(), None)
        total = f"(SELECT count(*) {self._from(level, self._binds.alias(), None)})" if count else "NULL"
        sql = (
            f"SELECT CAST(coalesce({page}, CAST('[]' AS json)) AS text) AS body, count(*) AS rows, "
            f"CAST({total} AS bigint) AS total FROM ({rows}) AS {_ROW}{self._read_first(' WHERE ')}"
        )
        return Read(sql, self._binds.values)

    def matched(self, level: Level, most: int) -> Read:
        alias = self._binds.alias()
        limit = f"LIMIT CAST({self._binds.add(most)} AS integer)"
        rows = f"SELECT {alias}.id {self._from(level, alias, None)}"
        sql = f"SELECT id FROM ({rows}) AS {_ROW}{self._read_first(' WHERE ')} ORDER BY id {limit}"
        return Read(sql, self._binds.values)

    def _rows(self, level: Level, alias: str, link: str | None) -> str:
        if level.counted_as:
            return f'SELECT count(*) AS "{level.counted_as}" {self._from(level, alias, link)}'
        columns = [self._selected(one, level, alias) for one in level.selected]
        columns += [self._embedded(embed, alias) for embed in level.embeds if _shows(embed.level)]
        sql = f"SELECT {', '.join(columns)} {self._from(level, alias, link, order=level.order)}"
        if level.order:
            sql += f" ORDER BY {', '.join(_ordered(level.order, level.table, alias))}"
        sql += f" LIMIT CAST({self._binds.add(level.limit)} AS integer)"
        return f"{sql} OFFSET CAST({self._binds.add(level.offset)} AS integer)" if level.offset else sql

    def _selected(self, one: Selected, level: Level, alias: str) -> str:
        expression = level.table.columns[one.column].sql.format(t=alias)
        return f'{self._binds.place(expression, one.path)} AS "{one.shown_as}"'

    def _from(self, level: Level, alias: str, link: str | None, *, order: Sequence[Order] = ()) -> str:
        held = self._binds.alias()
        rule = self._rule(level.table, held, self._who, self._binds, by_id=self._by_id)
        if rule is None:
            source = level.table.source
            conditions = [link.format(other=alias)] if link else []
            asked = level.conditions
        else:
            source, conditions = self._fenced(level, held, rule, link, order), []
            asked = [one for one in level.conditions if not is_keyed(one, level.table)]
        conditions += [condition_sql(one, level.table, alias, self._binds) for one in asked]
        conditions += [self._exists(embed, alias) for embed in level.embeds if embed.inner]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM {source} AS {alias}{where}"

    def _fenced(self, level: Level, held: str, rule: str, link: str | None, order: Sequence[Order]) -> str:
        """The rows that the rule shows, before anything else of the question is looked at.

        Beside the rule stands only what finds rows by an index and can neither fail nor take its time over one. The
        order stands here too, where an index may have it: so the page's limit ends the walk through the rows early.
        """
        conditions = [link.format(other=held)] if link else []
        conditions += [
            condition_sql(one, level.table, held, self._binds) for one in level.conditions if is_keyed(one, level.table)
        ]
        columns = ", ".join(f"{held}.{name}" for name in level.table.stored)
        sql = f"SELECT {columns} FROM {level.table.source} AS {held} WHERE {' AND '.join([*conditions, rule])}"
        if order and all(level.table.columns[one.column].is_plain for one in order):
            # The limit cuts off nothing. Not known when the plan is made, it lets Postgres expect that a part will do
            # and walk the index; else it would sort all of the owner's rows first.
            sql += f" ORDER BY {', '.join(_ordered(order, level.table, held))}"
            sql += f" LIMIT CAST({self._binds.add(None)} AS bigint)"
        return f"({sql} OFFSET 0)"

    def _read_first(self, word: str) -> str:
        """What reads every value as its type. It names no row, so Postgres decides it once, before it reads the first.

        A value that cannot be read is refused whether or not there are rows to compare it with, and whosever they are.
        """
        # True in any case; only its evaluation matters.
        read = [f"({cast} IS NULL) IS NOT NULL" for cast in dict.fromkeys(self._binds.casts)]
        return f"{word}{' AND '.join(read)}" if read else ""

    def _exists(self, embed: Embed, alias: str) -> str:
        inside = self._binds.alias()
        return f"EXISTS (SELECT {self._from(embed.level, inside, _link(embed, alias))})"

    def _embedded(self, embed: Embed, alias: str) -> str:
        inside = self._binds.alias()
        rows = self._rows(embed.level, inside, _link(embed, alias))
        whole = (
            f"row_to_json({_ROW})" if embed.relation.most == 1 else f"coalesce(json_agg({_ROW}), CAST('[]' AS json))"
        )
        return f'(SELECT {whole} FROM ({rows}) AS {_ROW}) AS "{embed.shown_as}"'


def _link(embed: Embed, alias: str) -> str:
    """What ties an embedded row, `{other}`, to one of `alias`."""
    return embed.relation.link.format(t=alias, other="{other}")


def _ordered(order: Sequence[Order], table: Table, alias: str) -> list[str]:
    terms = []
    for column, descending, nulls_first in order:
        direction = "DESC" if descending else "ASC"
        # Said only where it is not Postgres's own, which is how the indexes are sorted.
        nulls = "" if nulls_first == descending else f" NULLS {'FIRST' if nulls_first else 'LAST'}"
        terms.append(f"{table.columns[column].sql.format(t=alias)} {direction}{nulls}")
    return terms


def _shows(level: Level) -> bool:
    return bool(level.selected or level.counted_as) or any(_shows(embed.level) for embed in level.embeds)
