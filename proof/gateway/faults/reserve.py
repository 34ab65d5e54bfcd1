"""The reserve: generations that do not begin by themselves, so that only what is done to them happens to them."""

from collections.abc import Sequence
from random import Random

from proof.gateway.load import Load
from proof.gateway.people import Person


class Reserve:
    """Hands out fresh ones."""

    def __init__(self, load: Load, users: Sequence[Person]) -> None:
        self._load = load
        self._users = users

    async def take(self, dice: Random, user: Person | None = None) -> tuple[str, Person]:
        """A pending generation and its owner: the given user, or one by the dice."""
        owner = user or dice.choice(self._users)
        return await self._load.reserve(owner, dice), owner
