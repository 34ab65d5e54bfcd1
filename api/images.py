"""Pictures by their permanent address: a plain GET of an unguessable path."""

from starlette.requests import Request
from starlette.responses import StreamingResponse

from api.state import state_of

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


async def show_image(request: Request) -> StreamingResponse:
    """GET /images/{path}: the bytes, straight from the store, whichever it is."""
    stored = await state_of(request).store.open(request.path_params["path"])
    headers = {**FOR_EVER, "Content-Length": str(stored.size)}
    return StreamingResponse(stored.chunks, headers=headers, media_type=stored.content_type)
