"""One websocket: obeys the client's frames, keeps its subscriptions, sends through its outbox."""

import asyncio
import logging

from pydantic import ValidationError
from starlette.websockets import WebSocket

from api.auth.admissions import Admission
from api.auth.authenticator import bearer
from api.auth.identity import Identity
from api.auth.origins import REFUSED, origin_allowed
from api.gateway.connection import Closed, Connection
from api.gateway.following import Asked, follow, leave
from api.gateway.frame import frame_of
from api.gateway.reading import parse, reference_in
from api.gateway.subscription import Ends, Subscription
from api.gateway.topic_names import read_topic
from api.problems import ANSWERED, Problem, document_of, field_errors, problem_response
from api.state import State, state_of
from schema.wire import frames
from schema.wire.problem import problem

log = logging.getLogger(__name__)

AUTH_SECONDS = 10.0
BEGIN_SECONDS = 1.0
"""How long the next frame waits for a subscription to begin."""
MAX_TOPICS = 100
MAX_BAD_FRAMES = 10


async def websocket_door(websocket: WebSocket) -> None:
    """WS /v1/ws."""
    state = state_of(websocket)
    if not origin_allowed(websocket.headers.get("origin"), websocket.headers.get("host"), state.settings):
        await websocket.send_denial_response(problem_response(problem("forbidden", REFUSED)))
    elif refusal := state.sockets.refusal():
        await websocket.send_denial_response(refusal)
    else:
        await Socket(websocket, state).serve()


class Socket(Connection):
    """The conversation with one client."""

    def __init__(self, websocket: WebSocket, state: State) -> None:
        super().__init__(websocket, state)
        self._subscriptions: dict[str, Subscription] = {}
        self._beginnings: dict[str, asyncio.Task[None]] = {}
        # One subscription at a time begins: a page of its snapshot is all that a slow client can make us hold.
        self._one_begins = asyncio.Lock()
        self._bad_frames = 0
        self._admission: Admission | None = None

    async def _converse(self) -> None:
        identity = await self._authenticate()
        self._let_in(identity)
        self._admission = self._state.admissions.admit(identity, self.put_out)
        while True:
            await self._obey(await self._reader.read(), self._admission.identity)

    def _let_go(self) -> None:
        if self._admission is not None:
            self._admission.leave()
        for topic in list(self._subscriptions):
            self._unsubscribe(topic)

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
        except ANSWERED as error:
            self._complain(None, error)
            if isinstance(error, ValidationError) or (isinstance(error, Problem) and error.document["status"] < 500):
                raise Closed(frames.CLOSE_AUTH, "not let in") from None
            # Nobody can tell now whether the key is good: it must not look as if it were not.
            raise Closed(frames.CLOSE_DRAINING, "who you are cannot be checked now; reconnect") from None

    async def _first_token(self) -> str:
        self._line.set_waiting(True)
        try:
            async with asyncio.timeout(AUTH_SECONDS):
                frame = parse(await self._reader.read())
        except TimeoutError:
            raise Closed(frames.CLOSE_AUTH, f"no auth frame within {AUTH_SECONDS:.0f} s") from None
        self._line.set_waiting(False)
        if not isinstance(frame, frames.Auth):
            raise Closed(frames.CLOSE_AUTH, "the first frame must be auth, when no header brought a key")
        return frame.token

    async def _obey(self, text: str, identity: Identity) -> None:
        try:
            frame = parse(text)
            match frame:
                case frames.Subscribe():
                    await self._subscribe(frame, identity)
                case frames.Unsubscribe():
                    self._unsubscribe(frame.topic)
                    self.outbox.put(frame_of(frames.unsubscribed(frame.ref, frame.topic)))
                case frames.Auth():
                    await self._renew(frame.token)
        except ANSWERED as error:
            self._complain(reference_in(text), error)

    async def _subscribe(self, frame: frames.Subscribe, identity: Identity) -> None:
        if frame.topic not in self._subscriptions and len(self._subscriptions) >= MAX_TOPICS:
            raise Problem("too-many-topics", f"topic: at most {MAX_TOPICS} on one socket")
        # Named rightly before the old one ends: a bad frame changes nothing.
        topic = read_topic(frame.topic)
        self._unsubscribe(frame.topic)
        subscription = Subscription(
            frame.topic,
            topic,
            identity,
            self.outbox,
            reached=lambda: self._state.looks.cursor,
            ends=Ends(self.lost, self.too_slow),
        )
        self._subscriptions[frame.topic] = subscription
        beginning = asyncio.create_task(self._begin(subscription, Asked(frame.ref, frame.after)))
        self._beginnings[frame.topic] = beginning
        # Frames are obeyed in turn. But a long snapshot waits for a slow client, whose pongs must be read meanwhile.
        await asyncio.wait([beginning], timeout=BEGIN_SECONDS)

    async def _begin(self, subscription: Subscription, asked: Asked) -> None:
        topic = subscription.topic
        try:
            async with self._one_begins:
                await follow(self._state, subscription, asked)
        except ANSWERED as error:
            # Said to the client, who may ask again or better.
            del self._subscriptions[topic]
            self._complain(asked.ref, error)
        except Exception as error:
            # A mistake of ours, which is logged: whoever asked must not wait for a stream that will not come.
            log.exception("a subscription could not begin")
            self._subscriptions.pop(topic, None)
            self._complain(asked.ref, error)
        finally:
            if self._beginnings.get(topic) is asyncio.current_task():
                del self._beginnings[topic]

    def _unsubscribe(self, topic: str) -> None:
        if beginning := self._beginnings.pop(topic, None):
            beginning.cancel()
        if known := self._subscriptions.pop(topic, None):
            leave(self._state, known)
            known.forget_latest()

    def _complain(self, ref: str | None, error: Exception) -> None:
        if isinstance(error, ValidationError):
            errors = field_errors(error)
            detail = "; ".join(f"{one.field}: {one.message}" for one in errors[:5])
            error = Problem("invalid-frame", detail, errors[:5])
        if isinstance(error, Problem) and error.document["type"] == "/problems/invalid-frame":
            self._bad_frames += 1
        self.outbox.put(frame_of(frames.error(ref, dict(document_of(error)))))
        if self._bad_frames == MAX_BAD_FRAMES:
            self._end(frames.CLOSE_FRAMES, f"{MAX_BAD_FRAMES} frames that could not be read")
