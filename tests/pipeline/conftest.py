"""Connections as the pipeline's, on tables whose plans are looked at."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.database import SERVER_SETTINGS

FINISHED = 20_000
_FILL = f"""
    INSERT INTO image_generations (id, prompt, model, model_id, status, user_id, replicate_prediction_id)
    SELECT gen_random_uuid(), 'p', 'm/m', 'm/m', 'completed', 'user-' || n % 100, 'p' || n
    FROM generate_series(1, {FINISHED}) AS n
"""
_FILL_KEYS = f"""
    INSERT INTO idempotency_keys (user_id, key, body_hash, generation_id)
    SELECT 'user-' || n % 100, 'k' || n, '', gen_random_uuid() FROM generate_series(1, {FINISHED}) AS n
"""
_FILL_DELIVERIES = f"""
    INSERT INTO deliveries (id, user_id, generation_id, version, type, url, host, endpoint, payload, state, due_at)
    SELECT gen_random_uuid(), 'user-' || n % 100, gen_random_uuid(), 2, 'generation.completed', 'https://h',
      'h' || n % 50, sha256(CAST(CAST(n % 50 AS text) AS bytea)), '{{}}',
      CASE WHEN n % 10 = 0 THEN 'pending' ELSE 'delivered' END,
      CASE WHEN n % 10 = 0 THEN now() END
    FROM generate_series(1, {FINISHED}) AS n
"""


@pytest.fixture(params=["full", "young"])
async def connection(
    request: pytest.FixtureRequest, engine: AsyncEngine, database_url: str
) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """One of our connections, on a table with many finished rows or on one that is empty yet."""
    opened = await asyncpg.connect(database_url, server_settings=SERVER_SETTINGS)
    assert await opened.fetchval("SHOW plan_cache_mode") == "force_generic_plan"
    if request.param == "full":
        await opened.execute(_FILL)
        await opened.execute(_FILL_KEYS)
        await opened.execute(_FILL_DELIVERIES)
        await opened.execute("ANALYZE")
    yield opened
    await opened.close()
