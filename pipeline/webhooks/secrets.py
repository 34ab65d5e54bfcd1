"""Secrets: what signs a user's webhooks. A rotated one goes on signing beside its successor for a day."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import execute, fetch, statement

SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""
PREFIX = "whsec_"
OVERLAP = "interval '24 hours'"
"""How long a rotated secret goes on signing, in SQL."""
MOST_AT_ONCE = 5
"""Secrets of one user that sign at the same time: each makes the header longer."""

SIGNING = """(SELECT array_agg(s.secret ORDER BY s.ends_at DESC NULLS FIRST) FROM webhook_secrets AS s
      WHERE s.user_id = {user_id} AND (s.ends_at IS NULL OR s.ends_at > now()))"""
"""The secrets that sign for a user, newest first, as an SQL expression; NULL when there is none yet."""

_READ = statement("""
    SELECT s.secret, s.created_at, s.ends_at FROM webhook_secrets AS s
    WHERE s.user_id = :user_id AND (s.ends_at IS NULL OR s.ends_at > now()) ORDER BY s.ends_at DESC NULLS FIRST
""")
# Who comes second keeps the first one's: there is one current secret a user.
_MAKE = statement("""
    INSERT INTO webhook_secrets (user_id, secret) VALUES (:user_id, :secret)
    ON CONFLICT (user_id) WHERE ends_at IS NULL DO NOTHING
""")
# Two rotations at once are one: the second finds the current secret ended, and its own in the way of the index.
_ROTATE = statement(f"""
    WITH ended AS (
      UPDATE webhook_secrets AS s SET ends_at = now() + {OVERLAP}
      WHERE s.user_id = :user_id AND s.ends_at IS NULL AND {MOST_AT_ONCE} > (
        SELECT count(*) FROM webhook_secrets AS o
        WHERE o.user_id = :user_id AND (o.ends_at IS NULL OR o.ends_at > now()))
      RETURNING s.user_id)
    INSERT INTO webhook_secrets (user_id, secret)
    SELECT :user_id, :secret WHERE (SELECT count(*) FROM ended) > 0
      OR NOT EXISTS (SELECT FROM webhook_secrets AS s WHERE s.user_id = :user_id AND s.ends_at IS NULL)
    ON CONFLICT (user_id) WHERE ends_at IS NULL DO NOTHING
    RETURNING user_id
""")


class Secret(NamedTuple):
    """One that signs."""

    secret: bytes
    created_at: datetime
    ends_at: datetime | None
    """Until when a rotated one signs; None for the current one."""

    @property
    def shown(self) -> str:
        """As Standard Webhooks writes it, and its libraries take it."""
        return PREFIX + base64.b64encode(self.secret).decode()


async def read_secrets(engine: AsyncEngine, user_id: str) -> Sequence[Secret]:
    """The secrets that sign for a user, the current one first; it is made when there is none."""
    while not (found := await fetch(engine, _READ, user_id=user_id)):
        await execute(engine, _MAKE, user_id=user_id, secret=secrets.token_bytes(SECRET_BYTES))
    return [Secret(row.secret, row.created_at, row.ends_at) for row in found]


async def rotate_secret(engine: AsyncEngine, user_id: str) -> bool:
    """Make a new current secret; the one so far signs beside it for a day. False when too many sign already."""
    rows = await fetch(engine, _ROTATE, user_id=user_id, secret=secrets.token_bytes(SECRET_BYTES))
    return bool(rows) or len(await read_secrets(engine, user_id)) < MOST_AT_ONCE
