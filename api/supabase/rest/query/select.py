"""`select=id,title:prompt,images!inner(*)`: which columns, and which tables with them."""

import re

from api.supabase.rest.limits import MOST_EMBEDDED, MOST_SELECTED
from api.supabase.rest.query.nouns import Embed, Level, Selected
from api.supabase.rest.query.path import named_after, read_path, type_at
from api.supabase.rest.query.reader import Reader
from api.supabase.rest.refusals import Refusal, no_relation, too_much
from api.supabase.rest.tables import TABLES, Relation, Table

JOINS = frozenset({"inner", "left"})
_ALIAS = re.compile(r":(?!:)")


def read_select(text: str, table: Table) -> Level:
    """What is selected of `table`. Raises Refusal."""
    reading = _Reading(Reader("select parameter", text))
    level = reading.level(table, depth=0)
    if not reading.reader.is_over:
        raise reading.reader.refused('"," or end of input')
    return level


class _Reading:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._items = 0

    def level(self, table: Table, depth: int) -> Level:
        """The items up to the end, or up to the bracket that closes them."""
        level = Level(table)
        while True:
            self._item(level, depth)
            if not self.reader.take(","):
                return level

    def _item(self, level: Level, depth: int) -> None:
        self._items += 1
        if self._items > MOST_SELECTED:
            raise too_much("select", f"at most {MOST_SELECTED} columns and tables")
        if self.reader.take("*"):
            level.selected += [Selected(name, name) for name in level.table.columns]
            return
        if self.reader.take("..."):
            raise too_much("select", "a spread embedding is not supported here; embed the table with its name")
        alias, name = None, self.reader.name('field name (columns), "*" or table name')
        if self.reader.match(_ALIAS):
            alias, name = name, self.reader.name()
        words = self._words()
        if self.reader.take("("):
            self._embed(level, alias or name, name, words, depth)
        elif words:
            raise self.reader.refused('"("')
        else:
            self._column(level, alias, name, depth)

    def _column(self, level: Level, alias: str | None, name: str, depth: int) -> None:
        path = read_path(self.reader)
        if self.reader.take("::"):
            raise too_much("select", "casts are not supported here")
        if self.reader.take("."):
            raise _aggregate()
        if not self.reader.is_before(",)"):
            raise self.reader.refused('",", ")" or end of input')
        if name == "count" and name not in level.table.columns:
            if not depth or path or level.counted_as:
                raise _aggregate()
            level.counted_as = alias or name
            return
        type_at(level.table, name, path)
        level.selected.append(Selected(name, alias or named_after(name, path), path))

    def _words(self) -> list[str]:
        words = []
        while self.reader.take("!"):
            words.append(self.reader.name("foreign key, inner or left"))
        return words

    def _embed(self, level: Level, shown_as: str, name: str, words: list[str], depth: int) -> None:
        if name == "count":
            raise _aggregate()
        if depth == MOST_EMBEDDED:
            raise too_much("select", f"at most {MOST_EMBEDDED} tables in each other")
        hints = [word for word in words if word not in JOINS]
        relation = _relation(level.table, name, hints)
        target = TABLES[relation.target]
        inside = Level(target) if self.reader.take(")") else self._inside(target, depth)
        if any(embed.shown_as == shown_as for embed in level.embeds):
            raise too_much("select", f"{shown_as} is embedded twice; give one of them an alias")
        level.embeds.append(Embed(shown_as, relation.target, relation, "inner" in words, inside))

    def _inside(self, target: Table, depth: int) -> Level:
        level = self.level(target, depth + 1)
        self.reader.expect(")")
        if level.counted_as and (level.selected or level.embeds):
            raise _aggregate()
        return level


def _relation(table: Table, name: str, hints: list[str]) -> Relation:
    relation = table.relations.get(name)
    if relation is None or relation.target not in TABLES or not relation.hints.issuperset(hints):
        raise no_relation(table.name, name)
    return relation


def _aggregate() -> Refusal:
    return Refusal(400, "PGRST123", "Use of aggregate functions is not allowed")
