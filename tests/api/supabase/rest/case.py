"""A line of the conformance table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.api.supabase.rest.people import People


@dataclass(frozen=True)
class Case:
    """What an app asks through its client's builder (`db`, with `ids` by name), and what it gets."""

    name: str
    call: str
    status: int = 200
    code: str | None = None
    """Of the error."""
    who: str = "alice"
    finds: str | None = None
    """The rows' ids, by name, in this order."""
    view: str = "data"
    """In JavaScript: what of the data is looked at."""
    data: Any = None
    """Exactly this."""
    count: int | None = None
    unknown_to: str = ""
    """The clients whose builder has no words for it."""
    says: str = ""
    """A part of the error's message."""

    @property
    def given(self) -> dict[str, str]:
        """What the client's program needs."""
        return {"name": self.name, "who": self.who, "call": self.call, "view": self.view}

    def check(self, said: Mapping[str, Any], people: People) -> None:
        """Compare with what came. Raises AssertionError."""
        assert "thrown" not in said, said
        error = said["error"] or {}
        assert (said["status"], error.get("code")) == (self.status, self.code), said
        if self.code is not None:
            assert error.keys() == {"code", "details", "hint", "message"}
            assert self.says in error["message"]
            assert said["data"] is None
        if self.finds is not None:
            rows = said["data"] if isinstance(said["data"], list) else [said["data"]]
            names = {value: name for name, value in people.ids.items()}
            assert " ".join(names.get(row["id"], "?") for row in rows) == self.finds
        if self.data is not None:
            assert said["data"] == self.data
        if self.count is not None:
            assert said["count"] == self.count
