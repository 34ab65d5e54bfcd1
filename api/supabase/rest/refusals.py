"""Refusals as PostgREST words them: code, message, details, hint.

Source of codes and texts: https://docs.postgrest.org/en/stable/references/errors.html
"""

from api.supabase.rest.limits import MOST_SHOWN
from pipeline.errors import DarkroomError


class Refusal(DarkroomError):
    """A request that PostgREST, or the database behind it, would not do."""

    def __init__(
        self, status: int, code: str, message: str, details: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.document = {"code": code, "details": details, "hint": hint, "message": message}


def shortened(words: str) -> str:
    """A request's own words, as far as they are shown again."""
    return words if len(words) <= MOST_SHOWN else f"{words[:MOST_SHOWN]}…"


def unreadable(what: str, text: str, position: int, expected: str) -> Refusal:
    """A parameter's value that cannot be parsed from `position` on."""
    found = f'unexpected "{text[position]}"' if position < len(text) else "unexpected end of input"
    return Refusal(
        400,
        "PGRST100",
        f'"failed to parse {what} ({shortened(text)})" (line 1, column {position + 1})',
        f"{found} expecting {expected}",
    )


def too_much(what: str, limit: str) -> Refusal:
    """A request past a limit of ours."""
    return Refusal(400, "PGRST100", f"{what}: {limit}")


def no_table(name: str) -> Refusal:
    """A table or view that is not there."""
    return Refusal(404, "PGRST205", f"Could not find the table 'public.{shortened(name)}' in the schema cache")


def no_column(table: str, name: str) -> Refusal:
    """A column that is not there, or that nobody may know of."""
    return Refusal(400, "42703", f"column {table}.{name} does not exist")


def no_written_column(table: str, name: str) -> Refusal:
    """The same in a body."""
    return Refusal(400, "PGRST204", f"Could not find the '{shortened(name)}' column of '{table}' in the schema cache")


def no_relation(table: str, name: str) -> Refusal:
    """Tables that have nothing to do with each other."""
    return Refusal(
        400,
        "PGRST200",
        f"Could not find a relationship between '{table}' and '{name}' in the schema cache",
        f"Searched for a foreign key relationship between '{table}' and '{name}' in the schema 'public', but no "
        "matches were found.",
    )


def not_embedded(name: str) -> Refusal:
    """A filter, order or limit for a table that the select does not embed."""
    return Refusal(
        400,
        "PGRST108",
        f"'{shortened(name)}' is not an embedded resource in this request",
        None,
        f"Verify that '{shortened(name)}' is included in the 'select' query parameter.",
    )


def no_operator(kind: str, operator: str) -> Refusal:
    """An operator that a column's type does not have. PostgREST answers 404 for it."""
    return Refusal(
        404,
        "42883",
        f"operator does not exist: {kind} {operator} unknown",
        None,
        "No operator matches the given name and argument types. You might need to add explicit type casts.",
    )


def not_one(rows: int) -> Refusal:
    """`single()` on none, or on several."""
    return Refusal(
        406, "PGRST116", "Cannot coerce the result to a single JSON object", f"The result contains {rows} rows"
    )


def out_of_range(details: str) -> Refusal:
    """A page that is not there."""
    return Refusal(416, "PGRST103", "Requested range not satisfiable", details)


def no_method(method: str) -> Refusal:
    """A verb that nothing here takes."""
    return Refusal(405, "PGRST117", f"Unsupported HTTP method: {method}")


def forbidden(message: str, *, anonymous: bool) -> Refusal:
    """What this key may not do. Nobody in particular is asked for a better one with 401, as PostgREST has it."""
    return Refusal(401 if anonymous else 403, "42501", message)


def no_resolution() -> Refusal:
    """An upsert."""
    return Refusal(400, "PGRST100", "upsert is not supported here; insert a generation, or update it")


def impossible(message: str) -> Refusal:
    """What a row cannot do where it stands; as a trigger of the old database would have raised it."""
    return Refusal(400, "P0001", message)
