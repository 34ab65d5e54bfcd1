"""Pictures by their permanent address: a plain GET of an unguessable path."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import StreamingResponse

from api.state import state_of

HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


async def show_image(request: Request) -> StreamingResponse:
    """GET /images/{path}: the bytes, straight from the store, whichever it is."""
    async with AsyncExitStack() as stack:
        stored = await stack.enter_async_context(await state_of(request).store.open(request.path_params["path"]))
        # The response outlives this function: it closes what it reads from.
        opened = stack.pop_all()
    headers = {**HEADERS, "Content-Length": str(stored.size)}
    return StreamingResponse(_read(stored.chunks, opened), headers=headers, media_type=stored.content_type)


async def _read(chunks: AsyncIterator[bytes], opened: AsyncExitStack) -> AsyncIterator[bytes]:
    async with opened:
        async for chunk in chunks:
            yield chunk
