"""Health: is this process alive, and may it be sent work."""

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.state import State, state_of
from pipeline.errors import StoreError
from pipeline.outages import DATABASE_AWAY
from pipeline.statements import fetch, statement

CHECK_SECONDS = 3.0
_SCHEMA = statement("SELECT count(*) AS lanes FROM lanes")


async def show_health(_: Request) -> Response:
    """GET /healthz: this process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def show_readiness(request: Request) -> Response:
    """GET /readyz: 200 when everything this process needs is there, else 503 naming what is not."""
    state = state_of(request)
    checks = {
        "database": await _database(state),
        "listener": "ok" if state.listener.is_listening else "not listening; it is connecting again",
        "background": state.background.trouble or "ok",
        "store": await _store(state),
        "sockets": "this process is about to stop" if state.sockets.is_draining else "ok",
    }
    ready = all(outcome == "ok" for outcome in checks.values())
    content = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(orjson.dumps(content), 200 if ready else 503, media_type="application/json")


async def _database(state: State) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await fetch(state.engine, _SCHEMA)
    except TimeoutError:
        return f"did not answer within {CHECK_SECONDS:.0f} s"
    except DATABASE_AWAY as error:
        return f"does not answer: {type(error).__name__}"
    return "ok"


async def _store(state: State) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await state.store.check()
    except StoreError as error:
        return str(error)
    except TimeoutError:
        return f"did not answer within {CHECK_SECONDS:.0f} s"
    return "ok"
