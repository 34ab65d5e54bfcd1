"""Origins: which pages may use web from a browser. Programs other than browsers send no Origin and are not asked."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from pipeline.settings import Settings
from pipeline.settings.origin import ANY, plain_origin

REFUSED = "this page may not connect; its origin has to be in DARKROOM_ALLOWED_ORIGINS"
EXPOSED = [
    "Content-Range",
    "Idempotency-Replayed",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
]
"""Headers that a page may read besides the simple ones."""
PREFLIGHT_SECONDS = 86_400


def origin_allowed(origin: str | None, host: str | None, settings: Settings) -> bool:
    """Whether a page of `origin` may open a websocket at `host`, both as the headers have them.

    Its own host may, also by the name in PUBLIC_URL, and so may whoever is listed. A browser sends `Origin` with every
    websocket and lets nobody forge it; what comes without one is no page.
    """
    if origin is None or ANY in settings.allowed_origins:
        return True
    asked = plain_origin(origin)
    if asked is None:
        return False
    scheme = asked.partition("://")[0]
    # A proxy that ends TLS leaves us with http: so the scheme is theirs, and only the host is compared.
    own = plain_origin(f"{scheme}://{host}") if host and scheme in {"http", "https"} else None
    return asked == own or asked in settings.allowed_origins or asked == _public(settings)


def cors(settings: Settings) -> list[Middleware]:
    """What lets the listed pages read our answers; nothing, and no cost, while none is listed.

    Without credentials: keys come in a header that only a page's own code can set, never from a cookie.
    """
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
            max_age=PREFLIGHT_SECONDS,
        )
    ]


def _public(settings: Settings) -> str | None:
    scheme, _, rest = (settings.public_url or "").partition("://")
    return plain_origin(f"{scheme}://{rest.partition('/')[0]}")
