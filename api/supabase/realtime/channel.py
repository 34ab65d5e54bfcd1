"""A channel: one topic that a client has joined, with its bindings, as whoever its token says."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from api.auth.admissions import Admission
from api.auth.identity import Identity
from api.gateway.cursor import Cursor
from api.gateway.following import catch_up, leave
from api.gateway.outbox import Outbox
from api.gateway.subscription import Ends
from api.gateway.topic_names import Kind, TopicName
from api.gateway.view import View
from api.problems import Problem
from api.state import State
from api.supabase.realtime.bindings import BadBinding, Binding, read_bindings
from api.supabase.realtime.messages import Ref, message
from api.supabase.realtime.subscription import EVENT, Changes, Speech
from pipeline.feed import read_history

TOPIC = "realtime:"
"""What every channel's topic begins with."""
NO_TOKEN = "sb_"
"""What begins so is a key and no token; realtime-js sends it as one."""


class Refused(Exception):
    """Whoever joins, or stays, is not let in; the text says why."""


class Surroundings(NamedTuple):
    """What a channel has from its socket."""

    state: State
    outbox: Outbox
    ends: Ends
    identity: Identity
    """Of the key that the socket was opened with: who has no token goes by it."""
    signed_in: Callable[[], None]
    """Called when somebody in particular has joined."""


class Channel:
    """One joined topic. What happens to it happens in turn, under `turn`."""

    def __init__(
        self,
        speech: Speech,
        join_ref: Ref,
        asked: list[dict[str, Any]],
        around: Surroundings,
        put_out: Callable[["Channel", str], None],
    ) -> None:
        self.turn = asyncio.Lock()
        self.join_ref = join_ref
        self.speech = speech
        self._around = around
        self._put_out = put_out
        self._asked = asked
        self._trouble: str | None = None
        self._by_topic: dict[TopicName, list[Binding]] = defaultdict(list)
        self._subscriptions: list[Changes] = []
        self._identity = around.identity
        self._admission: Admission | None = None
        self._token: str | None = None
        try:
            for binding in read_bindings(asked):
                for topic in binding.topics:
                    self._by_topic[topic].append(binding)
        except BadBinding as error:
            # As at the old project: a channel comes of it, and says that nothing will be told on it.
            self._trouble = str(error)
            self._by_topic.clear()

    @property
    def weight(self) -> int:
        """How many of a socket's topics it takes: each binding is compared with every change, whatever brings it."""
        return max(1, len(self._by_topic), len(self._asked))

    async def join(self, ref: Ref, token: object) -> None:
        """Begin, and say so. Raises Refused; and whatever the database raises."""
        await self._let_in(token)
        await self._begin(lambda: self._confirm(ref))

    async def renew(self, token: object) -> None:
        """Go on with this token; as somebody else, everything begins anew. Raises as `join` does."""
        if not isinstance(token, str) or token == self._token or token.startswith(NO_TOKEN):
            return
        before = self._identity
        await self._let_in(token)
        if not self._identity.is_same_person(before):
            self._forget()
            await self._begin(lambda: None)

    def leave(self) -> None:
        """Follow and watch nothing more. Harmless when repeated."""
        self._forget()
        if self._admission is not None:
            self._admission.leave()

    def tell_system(self, status: str, text: str, extension: str = EVENT) -> None:
        """→ system: how the channel is, in words."""
        channel = self.speech.topic.removeprefix(TOPIC)
        self._tell("system", {"message": text, "status": status, "extension": extension, "channel": channel})

    def tell_closed(self) -> None:
        """→ phx_close: it is over, and the client does not come back to it by itself."""
        self._tell("phx_close", {}, ref=self.join_ref, join_ref=self.join_ref)

    def reply(self, ref: Ref, status: str, response: dict[str, Any]) -> None:
        """→ phx_reply."""
        payload = {"status": status, "response": response}
        self._tell("phx_reply", payload, ref=ref, join_ref=self.join_ref)

    def _tell(self, event: str, payload: dict[str, Any], *, ref: Ref = None, join_ref: Ref = None) -> None:
        speech = self.speech
        self._around.outbox.put(message(speech.version, speech.topic, event, payload, ref=ref, join_ref=join_ref))

    def _confirm(self, ref: Ref) -> None:
        numbered = [{**one, "id": number} for number, one in enumerate(self._asked, 1)]
        self.reply(ref, "ok", {"postgres_changes": numbered})
        if self._trouble is not None:
            self.tell_system("error", self._trouble)
        elif self._asked:
            self.tell_system("ok", "Subscribed to PostgreSQL")

    async def _let_in(self, token: object) -> None:
        if not isinstance(token, str) or not token or token.startswith(NO_TOKEN):
            return  # by the socket's key, which the socket watches
        try:
            identity = await self._around.state.authenticator.identify(token)
        except Problem as error:
            if error.document["status"] == 401:
                raise Refused(f"InvalidJWTToken: {error}") from None
            raise
        if self._admission is not None:
            self._admission.leave()
        self._token, self._identity = token, identity
        self._admission = self._around.state.admissions.admit(identity, lambda why: self._put_out(self, why))
        if identity.role != "anonymous":
            self._around.signed_in()

    async def _begin(self, confirm: Callable[[], None]) -> None:
        """Registered first, then how things stand, then the stream, as the gateway's own subscriptions begin."""
        state = self._around.state
        self._subscriptions = [self._subscription(*one) for one in self._by_topic.items()]
        try:
            await state.looks.begun()
            for one in self._subscriptions:
                _register(state, one)
            now = await self._now()
            views = await asyncio.gather(*(_view(state, one) for one in self._subscriptions))
            confirm()
            for one, view in zip(self._subscriptions, views, strict=True):
                one.show_now(view, now)
                await catch_up(state, one)
                one.is_live()
        except BaseException:
            self._forget()
            raise

    async def _now(self) -> Cursor | None:
        if all(one.kind is Kind.GENERATION for one in self._subscriptions):
            return None
        history = await read_history(self._around.state.engine)
        return Cursor(history.name, int(history.horizon))

    def _subscription(self, topic: TopicName, bindings: Sequence[Binding]) -> Changes:
        around = self._around
        return Changes(
            self.speech,
            topic,
            bindings,
            self._identity,
            around.outbox,
            reached=lambda: around.state.looks.cursor,
            ends=around.ends,
        )

    def _forget(self) -> None:
        for one in self._subscriptions:
            leave(self._around.state, one)
        self._subscriptions = []


def _register(state: State, subscription: Changes) -> None:
    match subscription.kind:
        case Kind.GENERATION if subscription.subject is not None:
            state.topics.follow_generation(subscription.subject, subscription)
        case Kind.BATCH if subscription.subject is not None:
            state.topics.follow_batch(subscription.subject, subscription)
        case _:
            state.topics.follow_feed(subscription)


async def _view(state: State, subscription: Changes) -> View | None:
    """How the one generation stands that it follows; None where there is none, or none yet."""
    if subscription.kind is not Kind.GENERATION or subscription.subject is None:
        return None
    row = await state.looks.read(subscription.subject)
    return View(row) if row is not None else None
