"""What a finding shows, so that a person can see what happened without running it again."""

from collections.abc import Iterable
from typing import Any

from proof.gateway.audit.world import World
from proof.gateway.clients.record import Subscription

FRAMES = 12


def evidence(world: World, subscription: Subscription, generation_id: str) -> dict[str, Any]:
    """The generation's transitions as the row has them, and as the subscription brought them."""
    row = world.rows.get(generation_id)
    steps = zip(row.statuses, row.ats, row.changes, strict=True) if row else ()
    return {
        "row": [f"{version} {status} at {at} by {change:x}" for version, (status, at, change) in enumerate(steps, 1)],
        "given": gift._asdict() if (gift := world.book.given.get(generation_id)) else None,
        "subscription": {
            "name": subscription.name,
            "confirmed_at": subscription.confirmed_at,
            "resumed": subscription.resumed,
            "cursor": subscription.cursor,
            "alive": subscription.alive,
            "frames": len(subscription.heard),
        },
        "heard": [
            f"frame {number}: version {heard.version} with cursor {heard.cursor}"
            for number, heard in enumerate(subscription.heard, 1)
            if heard.id == generation_id
        ][:FRAMES],
    }


def versions(numbers: Iterable[int]) -> str:
    """Versions in words."""
    listed = sorted(numbers)
    return f"version{'s' if len(listed) > 1 else ''} {', '.join(map(str, listed))}"
