"""What a statement binds. A value never becomes text of the statement."""

from api.supabase.rest.query.path import Path


class Binds:
    """Values, and the names under which a statement has them; and the aliases of its tables."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.casts: list[str] = []
        """What of the values Postgres has to read as another type than text, and may not be able to."""
        self._aliases = 0

    def add(self, value: object) -> str:
        """Bind `value`; what stands for it in SQL."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def cast(self, value: object, kind: str) -> str:
        """Bind text, or a list of texts, that stands for a value of type `kind`; what stands for that in SQL."""
        listed = "[]" if isinstance(value, list) else ""
        # As text first: what it is worth as the column's type is for Postgres to say, in the words the apps know.
        expression = f"CAST(CAST({self.add(value)} AS text{listed}) AS {kind}{listed})"
        if kind != "text":
            self.casts.append(expression)
        return expression

    def alias(self) -> str:
        """A fresh alias."""
        self._aliases += 1
        return f"t{self._aliases}"

    def place(self, expression: str, path: Path) -> str:
        """What stands at `path` of a JSON expression."""
        for key, as_text in path:
            kind = "text" if isinstance(key, str) else "integer"
            expression = f"({expression} {'->>' if as_text else '->'} CAST({self.add(key)} AS {kind}))"
        return expression
