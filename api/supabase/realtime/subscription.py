"""A channel's subscription: one of the gateway's, that tells what it brings as changes of the old tables."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from api.auth.identity import Identity
from api.gateway.cursor import Cursor
from api.gateway.frame import Frame
from api.gateway.outbox import Outbox
from api.gateway.subscription import Ends, Subscription
from api.gateway.topic_names import TopicName
from api.gateway.view import View
from api.supabase.realtime.bindings import Binding
from api.supabase.realtime.changes import Change, change_now, changes_after, deletion_change
from api.supabase.realtime.messages import Version, message
from pipeline.deletions import Deletion

EVENT = "postgres_changes"


class Speech(NamedTuple):
    """How a channel is spoken to."""

    topic: str
    """As the client wrote it: `realtime:` and its name for the channel."""
    version: Version


class Changes(Subscription):
    """Of one topic: to the bindings of one channel that it serves."""

    hears_clock = False

    def __init__(
        self,
        speech: Speech,
        topic: TopicName,
        bindings: Sequence[Binding],
        identity: Identity,
        outbox: Outbox,
        *,
        reached: Any,
        ends: Ends,
    ) -> None:
        super().__init__(speech.topic, topic, identity, outbox, reached=reached, ends=ends)
        self._speech = speech
        self._bindings = bindings
        self._gone: list[Deletion] | None = []

    def may_be_told(self, owner: str | None) -> bool:
        """What has no owner is told only to who names it by its exact id, as `/rest/v1` shows it."""
        return super().may_be_told(owner) and (owner is not None or self._of_one or self.identity.sees_all)

    def show_now(self, view: View | None, now: Cursor | None) -> None:
        """Go on from here: what came before is history, but how a generation stands is told to who asks for it by id.

        So nobody waits for what has happened before they came, or while they were away.
        """
        if now is not None:
            self.begin_at(now)
        if view is None:
            return
        self.start_after(view.id, view.version)
        # At version 1 nothing has been updated yet; but what came from elsewhere may have come finished.
        if (view.version > 1 or view.status.is_final) and self.may_be_told(view.user_id):
            self._put(change_now(view), [one for one in self._bindings if one.wants_now(view.id)])

    def is_live(self) -> None:
        """What was deleted meanwhile is told now, and from now on at once."""
        gone, self._gone = self._gone or [], None
        for deletion in gone:
            self.gone(deletion)

    def gone(self, deletion: Deletion) -> None:
        """Tell that a row is gone, if the subscriber may be told."""
        if self._gone is not None:
            self._gone.append(deletion)
        elif self.may_be_told(deletion.user_id):
            self._put(deletion_change(deletion), self._bindings)

    def _frames(self, view: View, last: int) -> Iterable[Frame]:
        for change in changes_after(view, last):
            yield from self._framed(change, self._bindings)

    def _put(self, change: Change, bindings: Sequence[Binding]) -> None:
        for frame in self._framed(change, bindings):
            self.outbox.put(frame)

    def _framed(self, change: Change, bindings: Sequence[Binding]) -> Iterator[Frame]:
        if ids := [one.id for one in bindings if one.matches(change)]:
            payload = {"ids": ids, "data": change.data}
            yield message(self._speech.version, self._speech.topic, EVENT, payload)
