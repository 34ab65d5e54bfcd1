"""One websocket: reads the client's frames, keeps its subscriptions, sends through its outbox."""

import asyncio
from typing import Any

import orjson
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.auth.admissions import Admission
from api.auth.authenticator import bearer
from api.auth.identity import Identity
from api.auth.origins import REFUSED, origin_allowed
from api.gateway.following import follow
from api.gateway.outbox import Outbox
from api.gateway.subscription import Subscription
from api.gateway.topic_names import read_topic
from api.problems import UNAVAILABLE, Problem, document_of, field_errors, problem_response
from api.state import State, state_of
from pipeline.errors import DarkroomError
from schema.wire import frames
from schema.wire.problem import problem

AUTH_SECONDS = 10.0
MAX_TOPICS = 100
MAX_BAD_FRAMES = 10


async def websocket_door(websocket: WebSocket) -> None:
    """WS /v1/ws."""
    await Socket(websocket, state_of(websocket)).serve()


class Closed(Exception):
    """The conversation is over; `code` says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Socket:
    """The conversation with one client."""

    def __init__(self, websocket: WebSocket, state: State) -> None:
        self._websocket = websocket
        self._state = state
        self._outbox = Outbox(websocket.send_text, self._give_up)
        self._subscriptions: dict[str, Subscription] = {}
        self._bad_frames = 0
        self._admission: Admission | None = None
        self._closing: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Accept, authenticate, then obey frames until the client leaves."""
        headers = self._websocket.headers
        if not origin_allowed(headers.get("origin"), headers.get("host"), self._state.settings):
            await self._websocket.send_denial_response(problem_response(problem("forbidden", REFUSED)))
            return
        await self._websocket.accept()
        try:
            self._admission = self._state.admissions.admit(await self._authenticate(), self._put_out)
            while True:
                await self._obey(await self._receive(), self._admission.identity)
        except Closed as closed:
            await self._close(closed.code, str(closed))
        except WebSocketDisconnect:
            # The usual end: nothing to say to a client that is gone.
            return
        finally:
            if self._admission is not None:
                self._admission.leave()
            self._outbox.close()
            for subscription in self._subscriptions.values():
                self._leave(subscription)

    def _put_out(self, why: str) -> None:
        # Nothing more is said to whom is not let in any more, not even what was asked for before.
        self._outbox.close()
        self._closing = asyncio.create_task(self._close(frames.CLOSE_AUTH, why))

    async def _renew(self, token: str) -> None:
        assert self._admission is not None
        try:
            await self._admission.renew(token)
        except Problem as refused:
            if refused.document["status"] >= 500:
                raise  # said to the client; the socket goes on as it was
            self._complain(None, refused)
            raise Closed(frames.CLOSE_AUTH, "not let in") from None

    async def _authenticate(self) -> Identity:
        key = bearer(self._websocket.headers.get("authorization"))
        try:
            key = key or self._websocket.query_params.get("access_token") or await self._first_token()
            return await self._state.authenticator.identify(key)
        except (DarkroomError, ValidationError, DBAPIError, *UNAVAILABLE) as error:
            self._complain(None, error)
            if isinstance(error, ValidationError) or (isinstance(error, Problem) and error.document["status"] < 500):
                raise Closed(frames.CLOSE_AUTH, "not let in") from None
            # Nobody can tell now whether the key is good: it must not look as if it were not.
            raise Closed(frames.CLOSE_DRAINING, "who you are cannot be checked now; reconnect") from None

    async def _first_token(self) -> str:
        try:
            async with asyncio.timeout(AUTH_SECONDS):
                frame = frames.client_frame.validate_python(_parse(await self._receive()))
        except TimeoutError:
            raise Closed(frames.CLOSE_AUTH, f"no auth frame within {AUTH_SECONDS:.0f} s") from None
        if not isinstance(frame, frames.Auth):
            raise Closed(frames.CLOSE_AUTH, "the first frame must be auth, when no header brought a key")
        return frame.token

    async def _receive(self) -> str:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        return message.get("text") or ""

    async def _obey(self, text: str, identity: Identity) -> None:
        ref: str | None = None
        try:
            frame = frames.client_frame.validate_python(_parse(text))
            match frame:
                case frames.Subscribe():
                    ref = frame.ref
                    await self._subscribe(frame, identity)
                case frames.Unsubscribe():
                    self._unsubscribe(frame.topic)
                    self._outbox.put(orjson.dumps(frames.unsubscribed(frame.ref, frame.topic)))
                case frames.Auth():
                    await self._renew(frame.token)
        except (DarkroomError, ValidationError, DBAPIError, *UNAVAILABLE) as error:
            # Said to the client, who may ask again or better; the socket stays.
            self._complain(ref, error)

    async def _subscribe(self, frame: frames.Subscribe, identity: Identity) -> None:
        if frame.topic not in self._subscriptions and len(self._subscriptions) >= MAX_TOPICS:
            raise Problem("too-many-topics", f"topic: at most {MAX_TOPICS} on one socket")
        # Named rightly before the old one ends: a bad frame changes nothing.
        read_topic(frame.topic)
        self._unsubscribe(frame.topic)
        self._subscriptions[frame.topic] = await follow(self._state, frame, identity, self._outbox, self._begin_anew)

    def _unsubscribe(self, topic: str) -> None:
        if known := self._subscriptions.pop(topic, None):
            self._leave(known)

    def _leave(self, subscription: Subscription) -> None:
        self._state.topics.leave(subscription)
        self._state.tickers.leave(subscription)

    def _complain(self, ref: str | None, error: Exception) -> None:
        if isinstance(error, ValidationError):
            errors = field_errors(error)
            detail = "; ".join(f"{one.field}: {one.message}" for one in errors[:5])
            error = Problem("invalid-frame", detail, errors[:5])
        if isinstance(error, Problem) and error.document["type"] == "/problems/invalid-frame":
            self._bad_frames += 1
        self._outbox.put(orjson.dumps(frames.error(ref, dict(document_of(error)))))
        if self._bad_frames >= MAX_BAD_FRAMES:
            raise Closed(frames.CLOSE_FRAMES, f"{MAX_BAD_FRAMES} frames that could not be read")

    def _give_up(self) -> None:
        self._closing = asyncio.create_task(self._close(frames.CLOSE_SLOW, "too slow; reconnect and resume"))

    def _begin_anew(self) -> None:
        self._closing = asyncio.create_task(self._close(frames.CLOSE_DRAINING, "the database has gone back; reconnect"))

    async def _close(self, code: int, reason: str) -> None:
        await self._outbox.flush()
        if self._websocket.application_state is WebSocketState.CONNECTED:
            await self._websocket.close(code, reason)


def _parse(text: str) -> Any:
    if len(text) > frames.MAX_FRAME_BYTES:
        raise Problem("invalid-frame", f"frame: at most {frames.MAX_FRAME_BYTES} characters, has {len(text)}")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Problem("invalid-frame", f"frame: not JSON text: {error}") from None
