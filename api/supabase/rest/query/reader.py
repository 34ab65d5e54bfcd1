"""A parameter's value, read from left to right."""

import re

from api.supabase.rest.refusals import Refusal, unreadable

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
"""No longer than Postgres's own names. Nothing else of a request's words ever stands in SQL."""


class Reader:
    """Where in the text the reading is."""

    def __init__(self, what: str, text: str) -> None:
        self._what = what
        self._text = text
        self._at = 0

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left."""
        return self._at >= len(self._text)

    def is_before(self, characters: str) -> bool:
        """Whether one of `characters` comes next, or nothing at all."""
        return self.is_over or self._text[self._at] in characters

    def take(self, word: str) -> bool:
        """Whether `word` comes next; then it has been read."""
        if self._text.startswith(word, self._at):
            self._at += len(word)
            return True
        return False

    def expect(self, word: str) -> None:
        """Read `word`. Raises Refusal when something else comes."""
        if not self.take(word):
            raise self.refused(f'"{word}"')

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Read what the pattern takes here, or nothing."""
        found = pattern.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[0]

    def name(self, expected: str = "field name") -> str:
        """Read a name. Raises Refusal."""
        found = self.match(NAME)
        if found is None:
            raise self.refused(expected)
        return found

    def rest(self) -> str:
        """Read all that is left."""
        found, self._at = self._text[self._at :], len(self._text)
        return found

    def refused(self, expected: str) -> Refusal:
        """What says that something else was expected here."""
        return unreadable(self._what, self._text, self._at, expected)
