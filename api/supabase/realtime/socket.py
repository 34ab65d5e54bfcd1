"""One websocket of the old apps: obeys Phoenix' messages, keeps the channels that were joined on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from api.auth.identity import Identity
from api.auth.origins import REFUSED, origin_allowed
from api.gateway.connection import Connection
from api.gateway.socket import MAX_BAD_FRAMES, MAX_TOPICS
from api.gateway.subscription import Ends
from api.problems import document_of
from api.state import State, state_of
from api.supabase.realtime.bindings import BadJoin, asked_for
from api.supabase.realtime.channel import TOPIC, Channel, Refused, Surroundings
from api.supabase.realtime.messages import PHOENIX, Malformed, Message, Ref, Version, message, read_message
from api.supabase.realtime.subscription import Speech
from pipeline.errors import DarkroomError
from pipeline.outages import AWAY
from schema.wire import frames

log = logging.getLogger(__name__)

BEGIN_SECONDS = 1.0
"""How long the next message waits for a channel to begin."""
REFUSAL_SECONDS = 1.0
"""How long a refusal is thought over: clients join again at once."""
CLOSE_BROKEN = 1011
TRY_AGAIN = (DarkroomError, DBAPIError, *AWAY)
"""What says nothing about who asks: nobody can tell now. A refusal would be for ever, to realtime-js up to 2.49."""


async def realtime_door(websocket: WebSocket) -> None:
    """WS /realtime/v1/websocket."""
    state = state_of(websocket)
    if state.settings.allowed_origins and not origin_allowed(
        websocket.headers.get("origin"), websocket.headers.get("host"), state.settings
    ):
        await _refuse(websocket, 403, REFUSED)
        return
    key = websocket.query_params.get("apikey") or websocket.headers.get("apikey")
    try:
        identity = await state.authenticator.identify(key)
    except TRY_AGAIN as error:
        document = document_of(error)
        await _refuse(websocket, int(str(document["status"])), str(document["detail"]))
        return
    # Asked last: between this and the socket's place nothing is waited for.
    if state.sockets.refusal() is not None:
        await _refuse(websocket, 503, "this server takes no more sockets now; connect again")
    else:
        await RealtimeSocket(websocket, state, identity).serve()


async def _refuse(websocket: WebSocket, status: int, why: str) -> None:
    await websocket.send_denial_response(JSONResponse({"error": why}, status))


class RealtimeSocket(Connection):
    """The conversation with one client."""

    def __init__(self, websocket: WebSocket, state: State, identity: Identity) -> None:
        super().__init__(websocket, state)
        asked = websocket.query_params.get("vsn")
        self._version = Version.TWO if asked == Version.TWO.value else Version.ONE
        ends = Ends(self.lost, self.too_slow)
        self._around = Surroundings(state, self.outbox, ends, identity, lambda: state.sockets.sign_in(self))
        self._channels: dict[str, Channel] = {}
        self._tasks: dict[asyncio.Task[None], Channel] = {}
        self._one_begins = asyncio.Lock()
        self._bad_frames = 0
        self._admission = state.admissions.admit(identity, self.put_out)

    async def _converse(self) -> None:
        self._let_in(self._around.identity)
        while True:
            # A binary frame is a broadcast, and reads as no text.
            if text := await self._reader.read():
                try:
                    await self._obey(read_message(text))
                except Malformed as error:
                    self._complain(str(error))

    def _let_go(self) -> None:
        self._admission.leave()
        for task in list(self._tasks):
            task.cancel()
        for channel in self._channels.values():
            channel.leave()

    async def _obey(self, said: Message) -> None:
        channel = self._channels.get(said.topic)
        match said.event:
            case "heartbeat" if said.topic == PHOENIX:
                self._reply(said, "ok", {})
            case "phx_join":
                await self._join(said)
            case "phx_leave":
                self._reply(said, "ok", {})
                if channel is not None:
                    self._forget(channel)
                    channel.tell_closed()
            case _ if channel is None:
                self._reply(said, "error", {"reason": "unmatched topic"})
            case "access_token":
                self._start(channel, lambda: self._renew(channel, said.payload.get("access_token")))
            case "presence":
                self._reply(said, "ok", {})
            case "broadcast":
                # Heard by nobody; `send` of a channel that wants to know is told so, the others expect no answer.
                self._reply(said, "error", {"reason": "broadcasts are not passed on here"})
            case _:
                # As at the old project, an event that only others know is nothing to complain of.
                return

    async def _join(self, said: Message) -> None:
        speech = Speech(said.topic, self._version)
        try:
            if not said.topic.removeprefix(TOPIC) or not said.topic.startswith(TOPIC):
                raise BadJoin(f"TopicNameRequired: a channel's topic is {TOPIC} and its name")
            asked = asked_for(said.payload)
            channel = Channel(speech, said.join_ref or said.ref, asked, self._around, self._end_channel)
            if old := self._channels.get(said.topic):
                self._forget(old)
            if sum(one.weight for one in self._channels.values()) + channel.weight > MAX_TOPICS:
                raise BadJoin(f"ChannelRateLimitReached: at most {MAX_TOPICS} topics on one socket")
        except BadJoin as error:
            reason = str(error)
            refused = Channel(speech, said.join_ref or said.ref, [], self._around, self._end_channel)
            self._start(refused, lambda: self._refuse(refused, said.ref, reason))
            return
        self._channels[said.topic] = channel
        joining = self._start(channel, lambda: self._begin(channel, said))
        # Messages are obeyed in turn, but heartbeats have to be answered while a database is slow.
        await asyncio.wait([joining], timeout=BEGIN_SECONDS)

    async def _begin(self, channel: Channel, said: Message) -> None:
        token = said.payload.get("access_token") or said.payload.get("user_token")
        try:
            async with self._one_begins:
                await channel.join(said.ref, token)
        except Refused as error:
            reason = str(error)
            self._drop(channel)
            # In a task of its own: what comes next must neither wait for it nor be spared the count of messages.
            self._start(channel, lambda: self._refuse(channel, said.ref, reason))

    async def _refuse(self, channel: Channel, ref: Ref, reason: str) -> None:
        await asyncio.sleep(REFUSAL_SECONDS)
        channel.reply(ref, "error", {"reason": reason})

    async def _renew(self, channel: Channel, token: object) -> None:
        try:
            await channel.renew(token)
        except Refused as reason:
            self._end_channel(channel, str(reason))

    def _end_channel(self, channel: Channel, why: str) -> None:
        """It goes on no more: its token is at its end."""
        self._forget(channel)
        channel.tell_system("error", why, extension="system")
        channel.tell_closed()

    def _forget(self, channel: Channel) -> None:
        """It is over: what else is under way for it is of no use."""
        for task in [task for task, of in self._tasks.items() if of is channel and task is not asyncio.current_task()]:
            task.cancel()
        self._drop(channel)

    def _drop(self, channel: Channel) -> None:
        if self._channels.get(channel.speech.topic) is channel:
            del self._channels[channel.speech.topic]
        channel.leave()

    def _start(self, channel: Channel, work: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        task = asyncio.create_task(_in_turn(channel, work))
        self._tasks[task] = channel
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        del self._tasks[task]
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, TRY_AGAIN):
            self._end(frames.CLOSE_DRAINING, "this cannot be told now; reconnect")
        else:
            log.error("a channel broke", exc_info=error)
            self._end(CLOSE_BROKEN, "this server made a mistake; reconnect")

    def _reply(self, said: Message, status: str, response: dict[str, Any]) -> None:
        payload = {"status": status, "response": response}
        self.outbox.put(message(self._version, said.topic, "phx_reply", payload, ref=said.ref, join_ref=said.join_ref))

    def _complain(self, why: str) -> None:
        self._bad_frames += 1
        payload = {"status": "error", "extension": "system", "message": f"frame: {why}"}
        self.outbox.put(message(self._version, PHOENIX, "system", payload))
        if self._bad_frames == MAX_BAD_FRAMES:
            self._end(frames.CLOSE_FRAMES, f"{MAX_BAD_FRAMES} frames that could not be read")


async def _in_turn(channel: Channel, work: Callable[[], Awaitable[None]]) -> None:
    async with channel.turn:
        await work()
