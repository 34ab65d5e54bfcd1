"""The one statement that reads a page: its rows as JSON, how many they are, and how many there are in all."""

from collections.abc import Mapping
from typing import NamedTuple

from api.auth.identity import Identity
from api.supabase.rest.query.nouns import Embed, Level, Selected
from api.supabase.rest.sql.binds import Binds
from api.supabase.rest.sql.conditions import condition_sql
from api.supabase.rest.sql.owners import Rule, changeable, visible

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
            f"CAST({total} AS bigint) AS total FROM ({rows}) AS {_ROW}"
        )
        return Read(sql, self._binds.values)

    def matched(self, level: Level, most: int) -> Read:
        alias = self._binds.alias()
        limit = f"LIMIT CAST({self._binds.add(most)} AS integer)"
        return Read(
            f"SELECT {alias}.id {self._from(level, alias, None)} ORDER BY {alias}.id {limit}", self._binds.values
        )

    def _rows(self, level: Level, alias: str, link: str | None) -> str:
        if level.counted_as:
            return f'SELECT count(*) AS "{level.counted_as}" {self._from(level, alias, link)}'
        columns = [self._selected(one, level, alias) for one in level.selected]
        columns += [self._embedded(embed, alias) for embed in level.embeds if _shows(embed.level)]
        sql = f"SELECT {', '.join(columns)} {self._from(level, alias, link)}"
        if level.order:
            sql += f" ORDER BY {', '.join(self._ordered(level, alias))}"
        sql += f" LIMIT CAST({self._binds.add(level.limit)} AS integer)"
        return f"{sql} OFFSET CAST({self._binds.add(level.offset)} AS integer)" if level.offset else sql

    def _selected(self, one: Selected, level: Level, alias: str) -> str:
        expression = level.table.columns[one.column].sql.format(t=alias)
        return f'{self._binds.place(expression, one.path)} AS "{one.shown_as}"'

    def _ordered(self, level: Level, alias: str) -> list[str]:
        terms = []
        for column, descending, nulls_first in level.order:
            direction = "DESC" if descending else "ASC"
            # Said only where it is not Postgres's own, which is how the indexes are sorted.
            nulls = "" if nulls_first == descending else f" NULLS {'FIRST' if nulls_first else 'LAST'}"
            terms.append(f"{level.table.columns[column].sql.format(t=alias)} {direction}{nulls}")
        return terms

    def _from(self, level: Level, alias: str, link: str | None) -> str:
        conditions = [link] if link else []
        conditions += [condition_sql(one, level.table, alias, self._binds) for one in level.conditions]
        conditions += [self._exists(embed, alias) for embed in level.embeds if embed.inner]
        if rule := self._rule(level.table, alias, self._who, self._binds, by_id=self._by_id):
            conditions.append(rule)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM {level.table.source} AS {alias}{where}"

    def _exists(self, embed: Embed, alias: str) -> str:
        inside = self._binds.alias()
        return f"EXISTS (SELECT {self._from(embed.level, inside, _link(embed, alias, inside))})"

    def _embedded(self, embed: Embed, alias: str) -> str:
        inside = self._binds.alias()
        rows = self._rows(embed.level, inside, _link(embed, alias, inside))
        whole = (
            f"row_to_json({_ROW})" if embed.relation.most == 1 else f"coalesce(json_agg({_ROW}), CAST('[]' AS json))"
        )
        return f'(SELECT {whole} FROM ({rows}) AS {_ROW}) AS "{embed.shown_as}"'


def _link(embed: Embed, alias: str, inside: str) -> str:
    return embed.relation.link.format(t=alias, other=inside)


def _shows(level: Level) -> bool:
    return bool(level.selected or level.counted_as) or any(_shows(embed.level) for embed in level.embeds)
