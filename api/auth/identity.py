"""Who asks, and what they may see."""

from typing import Literal, NamedTuple

Role = Literal["user", "service", "anonymous"]


class Identity(NamedTuple):
    """Somebody who was let in."""

    user_id: str | None
    role: Role

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
