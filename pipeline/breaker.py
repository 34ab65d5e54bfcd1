"""The breaker of a lane: a provider that is down pauses its lane, says so, and is tried again by itself.

Claims stop while it is open; then one at a time goes ahead and tries (schema/sql/claim.sql); the first purchase that
succeeds closes it (pipeline/purchase.py). After a throttle one goes ahead too, and then twice as many as were taken
each time: whatever the provider's limit is, hardly more than two are asked for each that it takes.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.retry_after import LONGEST_THROTTLE
from pipeline.statements import fetch, statement

# Those that were under way together fail together: only what was begun since the breaker last opened says anything new.
_FAILED = statement("""
    UPDATE lanes SET
      failures = failures + 1, trouble = :why,
      opened_at = CASE WHEN failures >= 4 THEN clock_timestamp() ELSE opened_at END,
      open_until = CASE WHEN failures >= 4
        THEN clock_timestamp() + make_interval(secs => least(30, power(2, least(failures - 4, 5)))) ELSE open_until END
    WHERE provider = :provider AND model_id = '' AND (opened_at IS NULL OR opened_at < CAST(:begun AS timestamptz))
    RETURNING failures
""")

_THROTTLED = statement("""
    UPDATE lanes SET trouble = :why, allowance = 1, opened_at = clock_timestamp(),
      open_until = greatest(open_until, clock_timestamp() + make_interval(secs => :wait))
    WHERE provider = :provider AND model_id = '' RETURNING open_until
""")


async def note_failure(engine: AsyncEngine, provider: str, begun: datetime, why: str) -> None:
    """A purchase begun at `begun` found the provider down. The fifth in a row opens the breaker, longer each time."""
    await fetch(engine, _FAILED, provider=provider, begun=begun, why=why)


async def note_throttle(engine: AsyncEngine, provider: str, wait: float, why: str) -> None:
    """The provider takes no purchases for `wait` seconds: nobody else need be told so by it."""
    await fetch(engine, _THROTTLED, provider=provider, wait=min(wait, LONGEST_THROTTLE), why=why)
