"""The states a webhook's delivery can have. Stored as text with a CHECK, as the statuses of generations are."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one event stands on its way to one receiver."""

    PENDING = "pending"
    """Waits for its first try, or for its next one."""
    SENDING = "sending"
    """A worker has it, for as long as its lease lasts."""
    DELIVERED = "delivered"
    """The receiver answered 2xx."""
    FAILED = "failed"
    """Every try of the schedule came to nothing; it may be replayed."""
    DISABLED = "disabled"
    """The receiver said 410 to this event or to one before it; it may be replayed."""


UNSETTLED = frozenset({DeliveryState.PENDING, DeliveryState.SENDING})
"""States in which a delivery has a clock, and in no other."""
