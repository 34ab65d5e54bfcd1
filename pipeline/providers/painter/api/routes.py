"""Every address of the painter, who must show a token, and how errors are answered."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from pipeline.providers.painter.api import dials, files, models, predictions, webhooks
from pipeline.providers.painter.api.authorization import check_token
from pipeline.providers.painter.problems import Problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/v1/predictions", predictions.create),
    ("POST", "/v1/models/{owner}/{name}/predictions", predictions.create),
    ("GET", "/v1/models/{owner}/{name}", models.get),
    ("GET", "/v1/predictions", predictions.list_page),
    ("GET", "/v1/predictions/{id}", predictions.get),
    ("POST", "/v1/predictions/{id}/cancel", predictions.cancel),
    ("GET", "/v1/webhooks/default/secret", webhooks.default_secret),
    ("GET", "/outputs/{id}/{name}", files.output),
    ("GET", "/_painter/ledger", dials.ledger),
    ("GET", "/_painter/faults", dials.faults),
    ("PUT", "/_painter/faults", dials.replace_faults),
)

TOKEN_PATHS = ("/v1/", "/_painter/")
"""Outputs are asked for without: an output's address is a secret of its own."""


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Ask for the token, and answer every refusal in Replicate's shape."""
    try:
        if request.path.startswith(TOKEN_PATHS):
            check_token(request, "bearer")
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPClientError as error:
        return Problem(error.status, f"{request.method} {request.path}: {error.reason}.").response()


def application() -> web.Application:
    """The application with all routes; the caller puts in what `keys` names."""
    app = web.Application(middlewares=[problems])
    for method, path, handler in ROUTES:
        app.router.add_route(method, path, handler)
    return app
