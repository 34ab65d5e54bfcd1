"""Claim: which events are sent next, fairly among receivers. A claim raises the fence and sets a lease, as all do."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import fetch, statement
from pipeline.webhooks.secrets import SIGNING

PER_HOST = 16
"""Tries under way to one host, by all workers together; about, for claims at the same moment count the same."""
MOST_TRIES = 40
"""Kept of one delivery's; ten make a round, and each replay begins another."""

# A receiver is whose events go to which host. Of each no more are looked at than may be under way, so a flood hides
# nothing behind it; who has the least under way comes first, among the users of a host as among the hosts. `place` is
# what the host has under way with this one.
# A lease that has ended looks like anything else that is due. What its endpoint does not want now is no try.
_UNDER_WAY = "SELECT count(*) FROM deliveries AS d WHERE d.state = 'sending' AND d.due_at > now() AND d.host = r.host"
_CLAIM = statement(f"""
    WITH receivers AS MATERIALIZED (
      SELECT r.host, r.user_id, ({_UNDER_WAY}) AS of_host, ({_UNDER_WAY} AND d.user_id = r.user_id) AS own
      FROM darkroom_due_receivers() AS r),
    best AS MATERIALIZED (
      SELECT id, place FROM (
        SELECT line.id, line.due_at, r.of_host + row_number() OVER (
          PARTITION BY r.host ORDER BY r.own + line.nth, line.due_at, line.id) AS place
        FROM receivers AS r CROSS JOIN LATERAL (
          SELECT d.id, d.due_at, row_number() OVER (ORDER BY d.due_at, d.id) AS nth FROM deliveries AS d
          WHERE d.host = r.host AND d.user_id = r.user_id AND d.due_at <= now()
          ORDER BY d.due_at, d.id LIMIT greatest(0, :per_host - r.of_host)) AS line) AS lines
      WHERE place <= :per_host ORDER BY place, due_at LIMIT :most),
    held AS MATERIALIZED (
      SELECT d.id, d.endpoint, best.place FROM best JOIN deliveries AS d ON d.id = best.id
      WHERE d.due_at <= now() FOR UPDATE OF d SKIP LOCKED),
    told AS MATERIALIZED (
      SELECT held.id, held.place,
        CASE WHEN e.disabled_at IS NOT NULL THEN 'disabled' WHEN e.held_until > now() THEN 'pending'
        ELSE 'sending' END AS state, e.held_until
      FROM held LEFT JOIN LATERAL (
        SELECT disabled_at, held_until FROM webhook_endpoints WHERE endpoint = held.endpoint LIMIT 1) AS e ON true)
    UPDATE deliveries AS d SET fence = d.fence + 1, state = told.state, again = false,
      due_at = CASE told.state WHEN 'sending' THEN now() + make_interval(secs => :lease)
        WHEN 'pending' THEN told.held_until END,
      settled_at = CASE told.state WHEN 'disabled' THEN now() END,
      attempts = CASE WHEN d.again THEN 0 ELSE d.attempts END + CASE told.state WHEN 'sending' THEN 1 ELSE 0 END,
      tries = CASE told.state WHEN 'sending' THEN
        CASE WHEN jsonb_array_length(d.tries) < {MOST_TRIES} THEN d.tries ELSE d.tries - 0 END
          || jsonb_build_object('at', now()) ELSE d.tries END
    FROM told WHERE d.id = told.id
    RETURNING d.id, d.state, d.fence, d.attempts, d.user_id, d.url, d.payload, told.place,
      {SIGNING.format(user_id="d.user_id")} AS secrets
""")


async def claim_due(engine: AsyncEngine, most: int, lease: float) -> Sequence[Row[Any]]:
    """Claim up to `most` deliveries that are due, for `lease` seconds; those who are to be sent are `sending`.

    The try is committed before anybody is asked. `place` says how many its host has under way with this one;
    `secrets` are those that sign, None when its user has none yet.
    """
    return await fetch(engine, _CLAIM, most=most, per_host=PER_HOST, lease=lease)
