"""Everything that a stranger may ask: generated from the routes, the tables, their columns and operators."""

import itertools
import json
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.routing import Route

from api.app import ROUTES
from api.supabase.paths import AUTH, REST, STORAGE
from api.supabase.rest.tables import TABLES
from tests.api.stranger.worlds import (
    FOREIGN,
    FOREIGN_BATCH,
    FOREIGN_DELIVERY,
    FOREIGN_IMAGE,
    FOREIGN_KEY,
    INHABITANT,
    OWNERLESS,
    PREDICTION,
    SECRET_PATH,
    SECRET_PROMPT,
)

SEED = 14
FILTERS = 900
"""How many of the generated filters are asked; drawn by SEED, so always the same."""


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class Excepted(NamedTuple):
    """Where the two worlds may differ, and why."""

    path: str
    why: str


CONTRACT = (
    Excepted("/v1/queue", "counts and names nobody"),
    Excepted(f"{REST}queue_health", "D87: the old view counted everybody's, and names nobody"),
    Excepted("/images/", "a picture's path cannot be guessed, and opens it to everybody"),
    # An INSERT under an id that is taken is refused, whoever has it: see `excepted`. As it was under row-level
    # security: an id cannot be guessed, and 409 says no more than that it is one.
)
UNASKED = {"/functions/v1/process-jobs": "waits for whatever is queued, its caller's own included"}
"""Routes that the walk leaves out, and why."""


def excepted(asked: Asked) -> bool:
    """Whether the contract lets the answer tell that others are there."""
    under_a_taken_id = asked.method == "POST" and isinstance(asked.body, dict) and "id" in asked.body
    return under_a_taken_id or any(asked.path.startswith(one.path) for one in CONTRACT)


_SUBJECTS = {
    "id": [*map(str, FOREIGN.values()), str(FOREIGN_BATCH), str(FOREIGN_DELIVERY), str(FOREIGN_IMAGE)],
    "path": [SECRET_PATH],
    "provider": ["replicate"],
    "generation_id": [str(FOREIGN["processing"])],
    "attempt": ["1"],
    "token": ["a-token-that-nobody-gave"],
    "function": ["enqueue_job", "get_user_limits", "claim_next_job", "complete_job", "darkroom_admit"],
}
_BODIES: dict[str, list[Any]] = {
    "POST /v1/callbacks/{provider}/{generation_id}/{attempt}": [{"id": PREDICTION, "status": "failed"}],
    "POST /functions/v1/process-generation": [{"generation_id": str(FOREIGN["queued"])}],
    "POST /functions/v1/generate-image": [{"generation_id": str(FOREIGN["pending"])}],
    "POST /functions/v1/batch-generate": [{"batch_id": str(FOREIGN_BATCH)}, {"prompts": []}],
    "POST /rest/v1/rpc/{function}": [
        {},
        {"p_user_id": INHABITANT},
        {"p_job_type": "generate-image", "p_payload": {"generation_id": str(FOREIGN["failed"])}},
        {"p_job_id": str(FOREIGN["processing"]), "p_result": {}, "p_error": None},
    ],
}
CREATING = {
    "POST /v1/generations",
    "POST /v1/batches",
    "POST /functions/v1/start-generation",
    "POST /v1/webhooks/secret/rotate",
    "GET /v1/webhooks/secret",
}
"""Routes whose answers hold something new and random: see `creations`."""


def routes() -> Iterator[Asked]:
    """Every route that answers with what is there, with every foreign id in its path."""
    for route in ROUTES:
        if (
            not isinstance(route, Route)
            or route.path.startswith((AUTH, STORAGE, *UNASKED))
            or route.path == f"{REST}{{table:path}}"
        ):
            continue
        names = list(route.param_convertors)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if f"{method} {route.path}" in CREATING:
                continue
            for values in itertools.product(*(_SUBJECTS[name] for name in names)):
                path = route.path
                for name, value in zip(names, values, strict=True):
                    path = path.replace(f"{{{name}:path}}", value).replace(f"{{{name}}}", value)
                for body in _BODIES.get(f"{method} {route.path}", [None]):
                    yield Asked(method, path, body)


def unwalked() -> set[str]:
    """Paths of routes that no walk asks. Mounts serve files, and websockets have walks of their own."""
    asked = [one.path for one in (*routes(), *creations(), *tables())]
    return {
        route.path
        for route in ROUTES
        if isinstance(route, Route) and not route.path.startswith((AUTH, STORAGE, *UNASKED))
        if not any(route.path_regex.match(path.partition("?")[0]) for path in asked)
    }


def lists() -> Iterator[Asked]:
    """Lists with the filters they take."""
    for query in (
        "",
        "?limit=1",
        "?limit=100",
        "?status=completed",
        "?status=failed",
        f"?batch_id={FOREIGN_BATCH}",
        "?model_id=black-forest-labs/flux-schnell",
        f"?cursor={quote('x')}",
        f"?user_id={INHABITANT}",
    ):
        yield Asked("GET", f"/v1/generations{query}")
        yield Asked("GET", f"/v1/webhooks/deliveries{query}")
    yield Asked("GET", f"/v1/webhooks/deliveries?generation_id={FOREIGN['completed']}")


_TEXTS = (
    SECRET_PROMPT,
    f"{SECRET_PROMPT} completed",
    "Secret%",
    "Secret*",
    "Secret\\",
    "*vault*\\",
    "%\\",
    INHABITANT,
    SECRET_PATH,
    PREDICTION,
    "",
)
_NUMBERS = ("4711", "0", "1", "-1", "4711.5", "99999999999999999999999", "NaN", "x")
_MOMENTS = ("2026-03-01T12:00:00+00:00", "infinity", "2026-13-01", "1e9")
_IDS = (str(FOREIGN["completed"]), str(FOREIGN_BATCH), "x")
_JSON = ('{"note": "x"}', "{", "[]")
_VALUES: dict[str, tuple[str, ...]] = {
    "text": _TEXTS,
    "uuid": _IDS,
    "timestamptz": _MOMENTS,
    "jsonb": _JSON,
    "json": _JSON,
    "json[]": _JSON,
    "boolean": ("true", "x"),
}
_OPERATORS = ("eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "in", "is", "not.eq", "not.like", "not.in")
_EXACT = {"id", "generation_id"}
"""By these, who knows the id reads what has no owner. The walk names only ids of rows that have one."""


def _filters() -> list[tuple[str, str]]:
    """Every column of every table with every operator and every value of its type; as table and query."""
    made = []
    for table in TABLES.values():
        for name, column in table.columns.items():
            for operator, value in itertools.product(_OPERATORS, _VALUES.get(column.type, _NUMBERS)):
                if operator.endswith("in"):
                    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
                    value = f'("{quoted}","{quoted}x")'
                elif operator == "is":
                    value = "null"
                made.append((table.name, f"{name}={operator}.{quote(value)}"))
            if column.type in ("jsonb", "json"):
                made += [(table.name, f"{name}{path}=eq.{SECRET_PROMPT}") for path in ("->>note", "->0", "->a->>b")]
    return sorted(set(made))


def tables() -> Iterator[Asked]:
    """The old tables: read, counted, embedded, ordered, changed and deleted by filters of every kind."""
    dice = Random(SEED)
    exact = (("Prefer", "count=exact"),)
    for table in TABLES.values():
        base = f"{REST}{table.name}"
        yield Asked("GET", base)
        yield Asked("HEAD", base, None, exact)
        yield Asked("GET", f"{base}?select=count")
        for name in table.columns:
            yield Asked("GET", f"{base}?select={name}&order={name}.desc&limit=3", None, exact)
        for relation in table.relations:
            yield Asked("GET", f"{base}?select=id,{relation}(*)")
            yield Asked("GET", f"{base}?select=id,{relation}!inner(*)")
            yield Asked("GET", f"{base}?select=id,{relation}!inner(id)&{relation}.id=not.is.null", None, exact)
            yield Asked("GET", f"{base}?select=id,{relation}(count)&{relation}.prompt=like.Secret%25%5C")
    for name, query in dice.sample(_filters(), FILTERS):
        base = f"{REST}{name}"
        match dice.randrange(6):
            case 0:
                yield Asked("GET", f"{base}?{query}&select=id", None, exact)
            case 1:
                column, _, asked = query.partition("=")
                yield Asked("GET", f"{base}?or=({column}.{asked},id.is.null)&select=id")
            case 2:
                yield Asked("HEAD", f"{base}?{query}", None, exact)
            case 3 if name == "image_generations":
                yield Asked("PATCH", f"{base}?{query}&prompt=like.Secret*", {"status": "cancelled"})
            case 4 if name in ("image_generations", "images"):
                yield Asked("DELETE", f"{base}?{query}&prompt=like.Secret*")
            case _:
                yield Asked("GET", f"{base}?{query}")


def creations() -> Iterator[Asked]:
    """Submissions that name what is others': their answers' statuses and fields are compared, not their values."""
    lighthouse = {"prompt": "a lighthouse", "scheduled_at": "2030-01-01T00:00:00Z"}
    yield Asked("POST", "/v1/generations", lighthouse, (("Idempotency-Key", FOREIGN_KEY),))
    yield Asked("POST", "/v1/batches", {"prompts": ["a"], "settings": {"scheduled_at": lighthouse["scheduled_at"]}})
    yield Asked("POST", "/functions/v1/start-generation", {**lighthouse, "user_id": INHABITANT})
    yield Asked("GET", "/v1/webhooks/secret")
    yield Asked("POST", "/v1/webhooks/secret/rotate")
    yield Asked("POST", f"{REST}image_generations", {"prompt": "a lighthouse", "user_id": INHABITANT})
    for identifier in (FOREIGN["completed"], OWNERLESS):
        yield Asked("POST", f"{REST}image_generations", {"id": str(identifier), "prompt": "a lighthouse"})


def topics() -> list[str]:
    """What /v1/ws may be asked to follow of others', and the stranger's own feed."""
    return [*(f"generation:{one}" for one in FOREIGN.values()), f"batch:{FOREIGN_BATCH}", "generations"]


def channels() -> Iterator[dict[str, Any]]:
    """Bindings for the old channels."""
    for table, filters in (
        (
            "image_generations",
            [
                None,
                f"user_id=eq.{INHABITANT}",
                f"id=eq.{FOREIGN['processing']}",
                f"id=in.({FOREIGN['processing']},{FOREIGN['queued']})",
                f"batch_id=eq.{FOREIGN_BATCH}",
                f"prompt=eq.{SECRET_PROMPT} queued",
                "seed=gt.4000",
                "status=neq.completed",
            ],
        ),
        ("images", [None, f"generation_id=eq.{FOREIGN['completed']}", f"user_id=eq.{INHABITANT}"]),
    ):
        for one in filters:
            binding = {"event": "*", "schema": "public", "table": table}
            yield binding if one is None else {**binding, "filter": one}


def shape(document: Any) -> Any:
    """The fields of a document without their values."""
    match document:
        case dict():
            return {name: shape(value) for name, value in sorted(document.items())}
        case list():
            return [shape(value) for value in document]
        case _:
            return type(document).__name__


def as_text(body: Any) -> str | None:
    """A body as it is sent."""
    return None if body is None else json.dumps(body)
