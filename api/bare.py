"""`python -m api.bare PORT`: websockets as Starlette has them, served as ours are, with nothing of ours behind them.

What a socket of ours weighs is measured against one of these.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from api.server import SERVED


async def echo(websocket: WebSocket) -> None:
    """WS /: sends back what it hears."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def show_readiness(_request: Request) -> Response:
    """GET /readyz."""
    return Response()


def main() -> None:
    """Serve until SIGTERM."""
    app = Starlette(routes=[WebSocketRoute("/", echo), Route("/readyz", show_readiness)])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), http="httptools", ws="websockets-sansio", **SERVED)


if __name__ == "__main__":
    main()
