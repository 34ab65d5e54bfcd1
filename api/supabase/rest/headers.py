"""What the headers of a request ask for: one object or a list, which part of it, what to answer a write with."""

import re
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from api.supabase.rest.query.nouns import Level
from api.supabase.rest.refusals import Refusal, out_of_range, shortened

OBJECT = "application/vnd.pgrst.object+json"
LIST = "application/json"
SCHEMA = "public"
_LISTS = frozenset({"", "*/*", "application/*", LIST, "application/vnd.pgrst.array+json"})
_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})?")
_COUNTS = frozenset({"exact", "planned", "estimated"})
Returned = Literal["minimal", "representation", "headers-only"]
_RETURNED: tuple[Returned, ...] = ("minimal", "representation", "headers-only")


@dataclass(frozen=True)
class Preferences:
    """The header Prefer. What it says beside this is passed by, as RFC 7240 has it."""

    count: str | None = None
    returned: Returned = "minimal"
    resolution: str | None = None
    max_affected: int | None = None
    """How many rows a write may match, when that is to be held (`handling=strict`)."""
    rolls_back: bool = False
    """Whether a write is to be tried only."""

    @property
    def applied(self) -> dict[str, str]:
        """What says that it was heard."""
        words = [f"count={self.count}"] if self.count else []
        return {"Preference-Applied": ", ".join(words)} if words else {}


def preferences_of(request: Request) -> Preferences:
    """What is preferred."""
    said = dict[str, str]()
    for header in request.headers.getlist("prefer"):
        for preference in header.split(","):
            name, _, value = preference.partition("=")
            said.setdefault(name.strip().lower(), value.strip())
    count, returned = said.get("count"), said.get("return")
    most = said.get("max-affected", "") if said.get("handling") == "strict" else ""
    return Preferences(
        count if count in _COUNTS else None,
        next((known for known in _RETURNED if known == returned), "minimal"),
        said.get("resolution"),
        int(most) if most.isascii() and most.isdecimal() and len(most) < 10 else None,
        said.get("tx") == "rollback",
    )


def wants_one(request: Request) -> bool:
    """Whether `single()` asks for the row itself. Raises Refusal when no kind that is asked for can be given."""
    kinds = [kind.strip().lower() for kind in request.headers.get("accept", "").split(",")]
    # Answered with its nulls, what is to have none would be a lie.
    kinds = [kind.partition(";")[0].strip() for kind in kinds if "nulls=" not in kind]
    if OBJECT in kinds:
        return True
    if _LISTS.isdisjoint(kinds):
        message = f"None of these media types are available: {shortened(request.headers['accept'])}"
        raise Refusal(406, "PGRST107", message)
    return False


def check_schema(request: Request) -> None:
    """Only one schema is open. Raises Refusal."""
    header = "accept-profile" if request.method in ("GET", "HEAD") else "content-profile"
    asked = request.headers.get(header, SCHEMA)
    if asked != SCHEMA:
        hint = f"Only the following schemas are exposed: {SCHEMA}"
        raise Refusal(406, "PGRST106", f"Invalid schema: {shortened(asked)}", None, hint)


def take_range(request: Request, level: Level) -> None:
    """Narrow the page to what the header Range asks for. Raises Refusal."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or request.headers.get("range-unit", "items") != "items":
        return
    first, last = int(asked[1]), asked[2]
    if last is not None and int(last) < first:
        raise out_of_range("The lower boundary must be lower than or equal to the upper boundary in the Range header.")
    level.offset += first
    if last is not None:
        level.limit = min(level.limit, int(last) - first + 1)
