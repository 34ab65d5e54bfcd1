"""One websocket connection, and what its end means."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
)

from api.client.address import Address, said
from api.client.answer import problem_from
from api.client.backoff import LATER, SOON, SPREAD, Pace
from api.client.problem import Problem, reason
from pipeline.errors import DarkroomError, Unreachable
from schema.wire.frames import CLOSE_DRAINING, CLOSE_TOO_MANY, CLOSES

OPEN_TIMEOUT = 10.0
"""Seconds for the handshake."""
CLOSE_TIMEOUT = 1.0
"""Seconds for saying goodbye: nobody who has seen the last transition wants to wait for it."""
KEEPALIVE = 20.0
"""Seconds between pings, and the longest that an answer may take: a silent line is noticed after twice as long."""
MAX_FRAME = 1 << 22
"""Bytes; a transition carries the whole resource."""

BROKEN_PROTOCOL = frozenset({1002, 1003, 1007, 1008, 1009, 1010})
"""Close codes of a disagreement that another try would only repeat."""
PACES = {CLOSE_DRAINING: SPREAD, CLOSE_TOO_MANY: LATER, HTTPStatus.TOO_MANY_REQUESTS: LATER}
"""How soon to come back, by close code or HTTP status; SOON after any other."""


class Dropped(DarkroomError):
    """The connection is gone, and another one may well hold."""

    def __init__(self, why: str, code: int = 0) -> None:
        """`code` is the close code or the HTTP status that came; 0 when none did."""
        super().__init__(why)
        self.code = code

    @property
    def pace(self) -> Pace:
        """How soon to come back."""
        return PACES.get(self.code, SOON)


async def frames(
    address: Address, headers: Mapping[str, str], asked: Sequence[Mapping[str, Any]], keepalive: float
) -> AsyncGenerator[dict[str, Any], None]:
    """Connect, send what is `asked`, and give each frame that comes. `keepalive` is as KEEPALIVE.

    Raises Dropped when a new connection can help, Problem when the server refuses (by an error frame, or
    for good by a close code), and Unreachable when what answers is no websocket server.
    """
    try:
        async with connect(
            str(address.websocket),
            additional_headers=headers,
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT,
            ping_interval=keepalive,
            ping_timeout=keepalive,
            close_timeout=CLOSE_TIMEOUT,
            max_size=MAX_FRAME,
        ) as socket:
            for frame in asked:
                await socket.send(json.dumps(frame))
            while True:
                frame = json.loads(await socket.recv())
                if frame["type"] == "error":
                    raise _refusal(Problem.from_document(frame["problem"], 400))
                yield frame
    except ConnectionClosed as closed:
        raise _end(closed) from closed
    except InvalidStatus as refused:
        raise _refusal(problem_from(refused.response.status_code, refused.response.body or b"")) from refused
    except (OSError, TimeoutError, InvalidMessage) as error:
        raise Dropped(said(error)) from error
    except InvalidHandshake as error:
        raise Unreachable(f"{address.websocket} is no websocket: {error}. Is DARKROOM_URL right?") from error


def _end(closed: ConnectionClosed) -> DarkroomError:
    """What a closed connection means: 4401 and its like are the server's last word, a restart isn't."""
    close = closed.rcvd or closed.sent
    if close is None:
        return Dropped("the connection broke off")
    words = close.reason or None
    known = CLOSES.get(close.code)
    if 4400 <= close.code < 4600 and not (known and known.comes_back):
        # The gateway's private codes are HTTP's statuses moved up by 4000.
        return Problem(close.code - 4000, reason(close.code - 4000), words)
    if close.code in BROKEN_PROTOCOL:
        return Problem(500, f"The websocket was closed with code {close.code}", words)
    return Dropped(words or f"the server closed the connection, code {close.code}", close.code)


def _refusal(problem: Problem) -> DarkroomError:
    """What a refused handshake or subscription means: a server in trouble will take us later."""
    return Dropped(str(problem), problem.status) if problem.may_pass else problem
