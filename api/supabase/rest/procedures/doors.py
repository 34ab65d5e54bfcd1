"""POST /rest/v1/rpc/{function}."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.auth.identity import Identity
from api.generations.body import read_body
from api.state import State, state_of
from api.supabase.functions.answers import caller_of
from api.supabase.rest.answers import answering, json_of
from api.supabase.rest.headers import LIST, OBJECT, check_schema, wants_one
from api.supabase.rest.procedures.enqueue_job import Job, enqueue_job
from api.supabase.rest.procedures.get_user_limits import Whose, get_user_limits
from api.supabase.rest.query.parameters import parameters_of
from api.supabase.rest.refusals import Refusal, no_method, shortened
from api.supabase.rest.writes.body import as_object


class Procedure(NamedTuple):
    """A function of the old database."""

    takes: type[BaseModel]
    run: Callable[[State, Identity, Any], Awaitable[Any]]
    reads: bool
    """Whether it changes nothing, so that GET may call it."""


PROCEDURES: Mapping[str, Procedure] = {
    "enqueue_job": Procedure(Job, enqueue_job, False),
    "get_user_limits": Procedure(Whose, get_user_limits, True),
}


@answering
async def call(request: Request) -> Response:
    """Call a function; 200 with what it returns."""
    identity = await caller_of(request)
    check_schema(request)
    name = request.path_params["function"]
    procedure = PROCEDURES.get(name)
    if procedure is None:
        raise _no_function(name, [])
    if request.method in ("GET", "HEAD") and procedure.reads:
        given: dict[str, Any] = dict(parameters_of(request.scope["query_string"]))
    elif request.method == "POST":
        given = as_object(await read_body(request) or b"{}")
    else:
        raise no_method(request.method)
    if unknown := sorted(given.keys() - procedure.takes.model_fields.keys()):
        raise _no_function(name, unknown)
    one = wants_one(request)
    found = await procedure.run(state_of(request), identity, procedure.takes.model_validate(given))
    return json_of(found, kind=OBJECT if one else LIST)


def _no_function(name: str, arguments: list[str]) -> Refusal:
    asked = f"public.{shortened(name)}" + (f"({shortened(', '.join(arguments))})" if arguments else "")
    return Refusal(404, "PGRST202", f"Could not find the function {asked} in the schema cache")
