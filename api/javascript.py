"""The JavaScript client, for pages to import: `import {Darkroom} from "https://…/darkroom.js"`."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FILE = Path(__file__).parent / "client" / "darkroom.js"


@cache
def _module() -> tuple[bytes, dict[str, str]]:
    """The file, read once, and its headers. A page of any origin may import what is no secret."""
    content = FILE.read_bytes()
    return content, {
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",  # asked after each time: a page speaks to the server that it came from
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }


async def show_javascript(request: Request) -> Response:
    """GET /darkroom.js: the module, or 304 to who has it."""
    content, headers = _module()
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="text/javascript")
