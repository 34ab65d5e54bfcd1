"""The way to what stays at the old project: `/auth/v1` and `/storage/v1` are handed on to SUPABASE_URL as they come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from multidict import CIMultiDict
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from yarl import URL

from api.foreign_content import SANDBOXED
from api.problems import Problem
from api.state import state_of
from api.supabase.dot_segments import stays_below
from api.supabase.paths import AUTH, STORAGE

METHODS = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
CONNECT_SECONDS = 10.0
SILENT_SECONDS = 60.0
"""Without a byte from the old project."""
MAX_BODY_BYTES = 50 * 2**20
"""As much as a free project's storage takes. Source: https://supabase.com/docs/guides/storage/uploads/file-limits"""
HOP_BY_HOP = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of one connection. Source: RFC 9110, section 7.6.1."""
# The CORS of the answer is ours, and what a browser may do with it.
NOT_ANSWERED = HOP_BY_HOP | {
    "access-control-allow-origin",
    "access-control-allow-credentials",
    *(name.lower() for name in SANDBOXED),
}


@asynccontextmanager
async def open_way() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections to the old project: nothing is unpacked, no cookie is kept, redirects are the client's to follow."""
    limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(timeout=limits, auto_decompress=False, cookie_jar=jar) as session:
        yield session


async def hand_on(request: Request) -> Response:
    """Ask the old project, and answer what it answers, byte by byte."""
    state = state_of(request)
    if state.settings.supabase_url is None:
        raise Problem("not-found", "SUPABASE_URL names no project that this could be handed on to")
    body = Body(request) if _has_body(request) else None
    try:
        answer = await state.old_project.request(
            request.method,
            _address(request, state.settings.supabase_url),
            headers=_headers(request),
            data=body,
            allow_redirects=False,
        )
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if body is not None and body.is_too_large:
            raise Problem("too-large", f"body: at most {MAX_BODY_BYTES} bytes") from None
        raise Problem("unavailable", f"the old project does not answer ({type(error).__name__})") from error
    return Answer(answer)


class Body:
    """What the client sends, on its way."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.is_too_large = False
        """Remembered, because aiohttp makes an error of the connection of whatever is raised in here."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its pieces. Raises ValueError past the limit, which breaks the request off."""
        size = 0
        async for chunk in self._request.stream():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                self.is_too_large = True
                raise ValueError("the body is too large")
            yield chunk


class Answer(Response):
    """What the old project answers, on its way. When the client leaves in the middle, it need not send the rest."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status_code = answer.status
        self.background = None
        kept = [(name.lower(), value) for name, value in answer.headers.items() if name.lower() not in NOT_ANSWERED]
        kept += [(name.lower(), value) for name, value in SANDBOXED.items()]
        self.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send it until its end, or until the client has gone."""
        sending, leaving = asyncio.create_task(self._send(send)), asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._answer.close()
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            (broken, _) = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(broken, Exception):
            # Cut off: the client has its headers already, and must see that the rest is missing.
            raise broken

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in self._answer.content.iter_any():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _address(request: Request, project: str) -> URL:
    """Where to ask: the same path and query. Raises Problem for a path that may lead to other parts of the project."""
    if not any(stays_below(prefix, request.scope["raw_path"]) for prefix in (AUTH, STORAGE)):
        raise Problem(
            "invalid-request",
            f"path: must begin with {AUTH} or {STORAGE} and have no segment . or .., in whatever encoding",
        )
    # As it came: a path that is decoded and encoded again may name another object.
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
    return URL(f"{project}{path}{'?' if query else ''}{query}", encoded=True)


def _headers(request: Request) -> CIMultiDict[str]:
    headers = CIMultiDict((name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP)
    if request.client is not None:
        known = headers.pop("X-Forwarded-For", None)
        headers["X-Forwarded-For"] = f"{known}, {request.client.host}" if known else request.client.host
    return headers


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers
