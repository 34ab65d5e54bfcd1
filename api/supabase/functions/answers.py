"""How the old edge functions answered: JSON with `success`; and what else the apps read."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.auth.authenticator import bearer
from api.auth.identity import Identity
from api.problems import ANSWERED, document_of, headers_of
from api.state import state_of

Answer = dict[str, Any]
Door = Callable[[Request], Awaitable[Response]]


def answering(function: Callable[[Request], Awaitable[Answer | tuple[int, Answer]]]) -> Door:
    """A door that answers what `function` returns, with 200 unless it says otherwise.

    Errors are `{success: false, error}` as the apps expect, a broken limit with the 400 that they know.
    """

    @wraps(function)
    async def door(request: Request) -> Response:
        try:
            found = await function(request)
        except ANSWERED as error:
            document = document_of(error)
            status = document["status"]
            assert isinstance(status, int)
            refused = {"success": False, "error": document["detail"]}
            return _json(refused, 400 if status == 422 else status, headers_of(error, status))
        return _json(found[1], found[0]) if isinstance(found, tuple) else _json(found)

    return door


async def caller_of(request: Request) -> Identity:
    """Who calls: by the user's token, else by the publishable key, which may come without the other.

    Raises Problem("unauthorized").
    """
    key = bearer(request.headers.get("authorization")) or request.headers.get("apikey")
    return await state_of(request).authenticator.identify(key)


def _json(content: Answer, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content, default=str), status, headers, media_type="application/json")
