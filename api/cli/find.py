"""Finding a generation or a delivery by the end of its id, which is what lists show of it."""

from collections.abc import Iterable
from uuid import UUID

from api.client import Client
from pipeline.errors import Invalid

SHORT = 8
"""Characters of a short id. Its end: a UUIDv7 begins with the time, where neighbours look alike."""
RECENT = 100
"""Generations looked through, newest first."""


async def full_id(client: Client, text: str) -> str:
    """The id that `text` is or ends. Raises Invalid when none or several of the latest ones match."""
    if whole := _whole(text):
        return whole
    page = await client.list(limit=RECENT)
    return _ending((item["id"] for item in page["items"]), text, "generations")


async def full_delivery_id(client: Client, text: str) -> str:
    """The same for a webhook's delivery."""
    if whole := _whole(text):
        return whole
    page = await client.deliveries(limit=RECENT)
    return _ending((item["id"] for item in page["items"]), text, "deliveries")


def _whole(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _ending(ids: Iterable[str], text: str, what: str) -> str:
    found = [one for one in ids if one.endswith(text.lower())]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Invalid("id", f"none of your latest {RECENT} {what} has an id that ends in {text}")
    raise Invalid("id", f"several {what} match {text}: {', '.join(found)}")
