"""Pictures by their permanent address: a plain GET of an unguessable path."""

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.foreign_content import SANDBOXED
from api.state import state_of
from pipeline.stores.store import StoredObject

HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", **SANDBOXED}
"""A drawing is clean when it is stored; should one ever not be, it runs nothing and loads nothing, opened by itself."""


async def show_image(request: Request) -> StreamingResponse:
    """GET /images/{path}: the bytes, straight from the store, whichever it is."""
    return _Picture(await state_of(request).store.open(request.path_params["path"]))


class _Picture(StreamingResponse):
    """Streams what was opened, and closes it however that ends: also when the client leaves before the first byte."""

    def __init__(self, stored: StoredObject) -> None:
        headers = {**HEADERS, "Content-Length": str(stored.size)}
        super().__init__(stored.chunks, headers=headers, media_type=stored.content_type)
        self._stored = stored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        async with self._stored:
            await super().__call__(scope, receive, send)
