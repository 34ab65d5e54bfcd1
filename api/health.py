"""Health: is this process alive, and may it be sent work."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.state import state_of


async def show_health(_: Request) -> Response:
    """GET /healthz: this process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def show_readiness(request: Request) -> Response:
    """GET /readyz: 200 when everything this process needs is there, else 503 naming what is not."""
    state = state_of(request)
    parts = await state.parts.look()
    checks = {
        "database": parts.database,
        # What this process knows by itself is as fresh as the answer.
        "listener": "ok" if state.listener.is_listening else "not listening; it is connecting again",
        "background": state.background.trouble or "ok",
        "store": parts.store,
        "sockets": "this process is about to stop" if state.sockets.is_draining else "ok",
    }
    ready = all(outcome == "ok" for outcome in checks.values())
    content = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(orjson.dumps(content), 200 if ready else 503, media_type="application/json")
