"""CORS for the old doors: any page may read them, as at the old project, unless DARKROOM_ALLOWED_ORIGINS names some.

Who may do what is the keys' business; they come in headers that only a page's own code can set, never from a cookie.
"""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.supabase.paths import HTTP
from pipeline.settings import Settings

METHODS = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
EXPOSED = [
    "Content-Encoding",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Date",
    "Location",
    "Preference-Applied",
    "Range-Unit",
    "Retry-After",
    "WWW-Authenticate",
]
"""Without Content-Range a page's client knows no counts."""
PREFLIGHT_SECONDS = 86_400


class OldDoorsCors:
    """Starlette's CORSMiddleware for the old doors' paths alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        # Asked headers are echoed: supabase-js sends more of them with every version.
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=METHODS,
            allow_headers=["*"],
            expose_headers=EXPOSED,
            max_age=PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or let the request through and say who may read the answer."""
        is_old = scope["type"] == "http" and scope["path"].startswith(HTTP)
        await (self._open if is_old else self._plain)(scope, receive, send)


def old_doors_cors(settings: Settings) -> list[Middleware]:
    """What opens the old doors to every page; nothing where pages are named."""
    return [] if settings.allowed_origins else [Middleware(OldDoorsCors)]
