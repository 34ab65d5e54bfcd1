"""Notices: after a commit, tells every gateway that rows moved. A hint to look again, never a promise."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence

import orjson
from pydantic import TypeAdapter
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import Text

from pipeline.coalesce import Coalescer
from pipeline.moves import Move

log = logging.getLogger(__name__)

CHANNEL = "darkroom"
PAYLOAD_BYTES = 7900
"""Postgres refuses payloads of 8,000 bytes and more."""
REST_SECONDS = 0.0004
"""The pause after a notice, for each move in it: moves gather meanwhile. Seconds.

Under load notices become few and large, since each costs its statement and every gateway a wake-up, however many moves
it names. At 500 transitions a second a move waits 0.1 ms more.
"""
LONGEST_REST_SECONDS = 0.01

_MOVES: TypeAdapter[list[Move]] = TypeAdapter(list[Move])
_NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', payload) FROM unnest(:payloads) AS payload").bindparams(
    bindparam("payloads", type_=ARRAY(Text))
)


def payloads(moves: Iterable[Move]) -> Iterator[str]:
    """The moves as JSON arrays `[[id, version, user, batch], …]`, each short enough for one NOTIFY."""
    pieces: list[bytes] = []
    size = 2
    for move in moves:
        piece = orjson.dumps(list(move), default=str)
        if pieces and size + len(piece) + 1 > PAYLOAD_BYTES:
            yield (b"[" + b",".join(pieces) + b"]").decode()
            pieces, size = [], 2
        pieces.append(piece)
        size += len(piece) + 1
    if pieces:
        yield (b"[" + b",".join(pieces) + b"]").decode()


def read_moves(payload: str) -> list[Move]:
    """The moves in a notification. Raises ValidationError, a ValueError, when it is none of ours.

    Whoever may connect to the database may notify, so every field is checked.
    """
    return _MOVES.validate_json(payload)


class Notices:
    """One process's notices. Sent after the commit, as a statement of their own.

    NOTIFY inside the state transaction would hold one lock for the whole cluster across the commit's flush; a
    statement that only notifies writes nothing, so it flushes nothing. Sends at once when idle and coalesces while a
    send is under way, and while it rests from one. A notice that is lost costs the gateway its safety look, never a
    transition.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._coalescer: Coalescer[Sequence[Move], None] = Coalescer(self._send)

    def note(self, moves: Sequence[Move]) -> None:
        """Tell the gateways about rows that have just been committed. Does not wait."""
        if moves:
            self._coalescer.submit(moves).add_done_callback(_report)

    async def flush(self) -> None:
        """Wait until every notice has left."""
        await self._coalescer.flush()

    async def _send(self, batch: list[Sequence[Move]]) -> list[None]:
        async with self._engine.connect() as connection:
            named = [move for moves in batch for move in moves]
            await connection.execute(_NOTIFY, {"payloads": list(payloads(named))})
        await asyncio.sleep(min(REST_SECONDS * len(named), LONGEST_REST_SECONDS))
        return [None] * len(batch)


def _report(sent: asyncio.Future[None]) -> None:
    if not sent.cancelled() and (error := sent.exception()):
        log.warning("notices were not sent (the gateways' safety look will find the rows): %s", error)
