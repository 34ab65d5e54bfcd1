"""What a statement binds. A value never becomes text of the statement."""

from api.supabase.rest.query.path import Path


class Binds:
    """Values, and the names under which a statement has them; and the aliases of its tables."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self._aliases = 0

    def add(self, value: object) -> str:
        """Bind `value`; what stands for it in SQL."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"

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
