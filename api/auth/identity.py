"""Who asks, and what they may see."""

from typing import Literal, NamedTuple
from uuid import UUID

Role = Literal["user", "service", "anonymous"]


class Identity(NamedTuple):
    """Somebody who was let in."""

    user_id: str | None
    role: Role
    expires_at: float | None = None
    """Epoch seconds, by this machine's clock, from which on they are not let in any more; None: no end is known."""
    key_id: UUID | None = None
    """The API key they came with, which may be revoked; None for a JWT and for a key in the settings."""

    def has_expired(self, now: float) -> bool:
        """Whether the end has come at `now`, in epoch seconds."""
        return self.expires_at is not None and self.expires_at <= now

    def is_same_person(self, other: "Identity") -> bool:
        """Whether both may see and do the same, whatever they came with."""
        return (self.user_id, self.role) == (other.user_id, other.role)

    def may_see(self, owner: str | None) -> bool:
        """Whether a row of `owner` may be read by its exact id.

        A row without an owner was submitted with the anonymous key: whoever knows its id may read it.
        """
        return self.role == "service" or owner is None or owner == self.user_id

    def may_change(self, owner: str | None) -> bool:
        """Whether a row of `owner` may be called off, tried again or deleted.

        What has no owner belongs to the anonymous key that submitted it, not to everybody who can read it.
        """
        return self.role == "service" or (owner == self.user_id and (owner is None) == (self.role == "anonymous"))

    @property
    def sees_all(self) -> bool:
        """Whether lists and feeds show everybody's rows."""
        return self.role == "service"


ANONYMOUS = Identity(None, "anonymous")
