"""Topics: who follows what, in one web process."""

from collections.abc import Hashable, Iterable
from typing import Any, TypeVar
from uuid import UUID

from api.gateway.subscription import Subscription
from pipeline.deletions import Deletion
from pipeline.moves import Move

Key = TypeVar("Key", bound=Hashable)


class Topics:
    """Every subscription of this process, by what it follows."""

    def __init__(self) -> None:
        self._by_generation: dict[UUID, set[Subscription]] = {}
        self._by_batch: dict[UUID, set[Subscription]] = {}
        self._by_user: dict[str, set[Subscription]] = {}
        self._of_everyone: set[Subscription] = set()

    def follow_generation(self, generation_id: UUID, subscription: Subscription) -> None:
        """Offer every view of one generation to `subscription` from now on."""
        self._by_generation.setdefault(generation_id, set()).add(subscription)

    def follow_batch(self, batch_id: UUID, subscription: Subscription) -> None:
        """Offer every view of the batch's generations."""
        self._by_batch.setdefault(batch_id, set()).add(subscription)

    def follow_feed(self, subscription: Subscription) -> None:
        """Offer every view of the subscriber's own generations, or of everybody's to a service key."""
        if subscription.identity.sees_all:
            self._of_everyone.add(subscription)
        elif (user_id := subscription.identity.user_id) is not None:
            self._by_user.setdefault(user_id, set()).add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """Offer nothing more to `subscription`."""
        self._of_everyone.discard(subscription)
        if subscription.subject is not None:
            _discard(self._by_generation, subscription.subject, subscription)
            _discard(self._by_batch, subscription.subject, subscription)
        if (user_id := subscription.identity.user_id) is not None:
            _discard(self._by_user, user_id, subscription)

    def followers(self, move: Move | Deletion) -> Iterable[Subscription]:
        """Everybody who follows a generation, by whichever topic."""
        yield from self.watchers(move)
        yield from self._of_everyone

    def watchers(self, move: Move | Deletion) -> Iterable[Subscription]:
        """The same without those who follow everybody's: who overlooks thousands waits for none of them."""
        yield from self._by_generation.get(move.generation_id if isinstance(move, Deletion) else move.id, ())
        if move.user_id is not None:
            yield from self._by_user.get(move.user_id, ())
        if move.batch_id is not None:
            yield from self._by_batch.get(move.batch_id, ())

    def followers_of_batch(self, batch_id: UUID) -> Iterable[Subscription]:
        """Everybody who follows a batch."""
        return self._by_batch.get(batch_id, ())

    def everyone(self) -> set[Subscription]:
        """Every subscription to anything that moves."""
        indexes: tuple[dict[Any, set[Subscription]], ...] = (self._by_generation, self._by_batch, self._by_user)
        return self._of_everyone.union(*(followers for index in indexes for followers in index.values()))


def _discard(index: dict[Key, set[Subscription]], key: Key, subscription: Subscription) -> None:
    if followers := index.get(key):
        followers.discard(subscription)
        if not followers:
            del index[key]
