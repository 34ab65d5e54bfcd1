"""Finding a generation by the end of its id, which is what `ls` shows of it."""

from uuid import UUID

from api.client import Client
from pipeline.errors import Invalid

SHORT = 8
"""Characters of a short id. Its end: a UUIDv7 begins with the time, where neighbours look alike."""
RECENT = 100
"""Generations looked through, newest first."""


async def full_id(client: Client, text: str) -> str:
    """The id that `text` is or ends. Raises Invalid when none or several of the latest ones match."""
    try:
        return str(UUID(text))
    except ValueError:
        page = await client.list(limit=RECENT)
    found = [item["id"] for item in page["items"] if item["id"].endswith(text.lower())]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Invalid("id", f"none of your latest {RECENT} generations has an id that ends in {text}")
    raise Invalid("id", f"several generations match {text}: {', '.join(found)}")
