"""Who may ask the painter: whoever shows its token, under the scheme of the provider that it stands in for."""

import hmac

from aiohttp import web

from pipeline.providers.painter.api.keys import TOKEN
from pipeline.providers.painter.problems import Problem


def check_token(request: web.Request, scheme: str) -> None:
    """Raise Problem 401 unless the request shows the painter's token under `scheme`, which is lower case."""
    given, _, token = request.headers.get("Authorization", "").partition(" ")
    if given.lower() != scheme or not token.strip():
        raise Problem(401, f"You did not pass an authentication token. Send Authorization: {scheme.title()} <token>.")
    if not hmac.compare_digest(token.strip().encode(), request.app[TOKEN].encode()):
        raise Problem(401, "This token is not the painter's: it is in PAINTER_TOKEN, or in the file token of its home.")
