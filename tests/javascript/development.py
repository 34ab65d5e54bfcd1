"""Generations that develop when a test says so: scheduled for another age, and let go."""

from uuid import UUID

from tests.api.test_verbs import completed
from tests.darkroom import User


async def develop(user: User, generation_id: str) -> None:
    """Let a scheduled generation begin, and wait until it is completed."""
    await user.darkroom.execute("UPDATE image_generations SET due_at = now() WHERE id = $1", UUID(generation_id))
    await completed(user, {"id": generation_id})
