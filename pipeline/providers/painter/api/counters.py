"""The counters besides Replicate's: each an application of its own, with its own ledger, outputs and faults."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from pipeline.providers.painter.api import dials, files
from pipeline.providers.painter.api.authorization import check_token
from pipeline.providers.painter.api.fal import doors as fal
from pipeline.providers.painter.api.fal.asked import read_picture as fal_picture
from pipeline.providers.painter.api.openai import doors as openai
from pipeline.providers.painter.api.openai.asked import read_picture as openai_picture
from pipeline.providers.painter.posting import Show
from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.problems import Problem
from pipeline.providers.painter.running import Read

Door = Callable[[web.Request], Awaitable[web.StreamResponse]]
OUTPUTS: tuple[tuple[str, str, Door], ...] = (("GET", "/outputs/{id}/{name}", files.output),)
DIALS: tuple[tuple[str, str, Door], ...] = (
    ("GET", "/_painter/ledger", dials.ledger),
    ("GET", "/_painter/faults", dials.faults),
    ("PUT", "/_painter/faults", dials.replace_faults),
)
_REQUEST = "/{owner}/{app}/requests/{id}"


@dataclass(frozen=True, slots=True)
class Counter:
    """How one provider's counter speaks."""

    scheme: str
    """Of its Authorization header."""
    doors: tuple[tuple[str, str, Door], ...]
    """Those that ask for a key."""
    open_doors: tuple[tuple[str, str, Door], ...]
    shape: Callable[[Problem], web.Response]
    read: Read
    show: Callable[[str, Prediction], dict[str, object]]
    """A webhook's body, with addresses at an origin."""

    def showing(self, origin: str) -> Show:
        """The webhooks' bodies with addresses at `origin`."""
        return lambda prediction: self.show(origin, prediction)


COUNTERS: Mapping[str, Counter] = MappingProxyType(
    {
        "fal": Counter(
            "key",
            (
                ("GET", _REQUEST + "/status", fal.status),
                ("GET", _REQUEST, fal.result),
                ("PUT", _REQUEST + "/cancel", fal.cancel),
                ("POST", "/{model:.+}", fal.submit),
            ),
            (("GET", "/.well-known/jwks.json", fal.jwks),),
            fal.shape,
            fal_picture,
            fal.told,
        ),
        "openai": Counter(
            "bearer",
            (("POST", "/v1/images/generations", openai.generate),),
            (),
            openai.shape,
            openai_picture,
            lambda _origin, _prediction: {},
        ),
    }
)
"""By the folder of the painter's home, and the path, that is theirs."""


def application(counter: Counter) -> web.Application:
    """The application of one counter; the caller puts in what `keys` names."""
    app = web.Application(middlewares=[_problems(counter)])
    for method, path, door in (*counter.open_doors, *OUTPUTS, *DIALS, *counter.doors):
        app.router.add_route(method, path, door)
    return app


def _problems(counter: Counter) -> Middleware:
    schemes = {door: counter.scheme for _, _, door in counter.doors} | {door: "bearer" for _, _, door in DIALS}

    @web.middleware
    async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Ask for the token, and answer every refusal in the provider's shape."""
        try:
            if scheme := schemes.get(request.match_info.handler):
                check_token(request, scheme)
            return await handler(request)
        except Problem as problem:
            return counter.shape(problem)
        except web.HTTPClientError as error:
            return counter.shape(Problem(error.status, f"{request.method} {request.path}: {error.reason}."))

    return problems
