"""Everything there is to know at the end: the rows, the clients' records, and the proof's own book."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from proof.gateway.audit.rows import Entries, Entry, Row
from proof.gateway.book import Book
from proof.gateway.clients.record import Record, Subscription
from proof.gateway.people import Person


@dataclass(frozen=True)
class World:
    """What the audits look at."""

    rows: dict[str, Row]
    records: Sequence[Record]
    book: Book

    def owner_at(self, generation_id: str, version: int) -> str | None:
        """Whose a generation was when it came to this version."""
        gift = self.book.given.get(generation_id)
        if gift is not None and version <= gift.version:
            return gift.giver
        return self.rows[generation_id].user_id

    def may_see(self, person: Person, generation_id: str, version: int) -> bool:
        """Whether somebody may be sent this version: its owner then, its owner now, and who sees everything."""
        return person.sees_all or person.id in {
            self.owner_at(generation_id, version),
            self.rows[generation_id].user_id,
        }

    @cached_property
    def subscriptions(self) -> list[tuple[Person, Subscription]]:
        """Everybody's, with who asked."""
        return [(record.person, one) for record in self.records for one in record.subscriptions]

    @cached_property
    def everything(self) -> Entries:
        """Every transition of every generation."""
        return Entries(
            [Entry(change, row.id, v) for row in self.rows.values() for v, change in enumerate(row.changes, 1)]
        )

    def of_user(self, user_id: str) -> Entries:
        """The transitions of a user's generations since they are theirs."""
        return self._users.get(user_id, Entries([]))

    def of_batch(self, batch_id: str) -> Entries:
        """The transitions of a batch's generations."""
        return self._batches.get(batch_id, Entries([]))

    @cached_property
    def _by_user(self) -> dict[str | None, list[Entry]]:
        found: defaultdict[str | None, list[Entry]] = defaultdict(list)
        for row in self.rows.values():
            for version, change in enumerate(row.changes, 1):
                # Who gave it away may have been told of it before, and can't be told any more.
                if self.owner_at(row.id, version) == row.user_id:
                    found[row.user_id].append(Entry(change, row.id, version))
        return dict(found)

    @cached_property
    def _users(self) -> dict[str | None, Entries]:
        return {user_id: Entries(entries) for user_id, entries in self._by_user.items()}

    @cached_property
    def _batches(self) -> dict[str, Entries]:
        return {
            batch.id: Entries(
                [
                    Entry(change, member, version)
                    for member in batch.members
                    for version, change in enumerate(self.rows[member].changes, 1)
                ]
            )
            for batch in self.book.batches.values()
        }
