"""A database of the old design: the guide's own SQL, and the tables that the guide takes for granted."""

import asyncpg

from tests.schema.old_guide import step

_GENERATIONS = """
    CREATE TABLE image_generations (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid, prompt text NOT NULL, negative_prompt text,
      model text, model_id text, style text, width integer, height integer, steps integer,
      guidance_scale double precision, seed bigint, source_image_url text, generation_strength double precision,
      status text NOT NULL DEFAULT 'pending', error_message text, retry_count integer DEFAULT 0,
      priority integer DEFAULT 0, replicate_prediction_id text, generation_time_seconds integer, batch_id uuid,
      batch_index integer, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz DEFAULT now(),
      completed_at timestamptz)
"""
_IMAGES = """
    CREATE TABLE images (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(), generation_id uuid REFERENCES image_generations (id), user_id uuid,
      filename text, storage_path text, public_url text, file_size bigint, width integer, height integer, format text,
      prompt text, negative_prompt text, model text, blurhash text, created_at timestamptz NOT NULL DEFAULT now())
"""
_BATCHES = """
    CREATE TABLE batch_generations (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid, name text, total_count integer NOT NULL,
      completed_count integer DEFAULT 0, failed_count integer DEFAULT 0, status text,
      created_at timestamptz DEFAULT now(), completed_at timestamptz, model_id text, model_version text, width integer,
      height integer, steps integer, guidance_scale double precision)
"""
GUIDE = (
    "1.2-table", "1.2-pending-index", "1.2-index", "1.2-type-index", "1.3-enqueue_job", "1.3-claim_next_job",
    "1.3-complete_job", "1.4-drop", "1.4-add", "5.1-queue_health",
)  # fmt: skip

PUBLIC = "https://old.example/storage/v1/object/public/generated-images"
_COMPLETED = f"""
    WITH made AS (
      INSERT INTO image_generations (user_id, prompt, model, status, width, height, steps, generation_time_seconds,
        replicate_prediction_id, created_at, updated_at, completed_at)
      SELECT CAST(md5('user ' || n % 7) AS uuid), 'picture ' || n, 'black-forest-labs/flux-schnell', 'completed', 1024,
        768, 4, 3, 'p' || n, at, at + interval '9 s', at + interval '9 s'
      FROM generate_series(1, $1::integer) AS n, LATERAL (SELECT now() - n * interval '1 minute' AS at) AS t
      RETURNING *),
    done AS (
      INSERT INTO job_queue (job_type, payload, status, attempt_number, created_at, updated_at, completed_at)
      SELECT 'process-generation', jsonb_build_object('generation_id', id), 'completed', 1, created_at, completed_at,
        completed_at FROM made)
    INSERT INTO images (generation_id, user_id, filename, storage_path, public_url, file_size, width, height, format,
      prompt, model, created_at)
    SELECT id, user_id, id || '.webp', user_id || '/' || id || '.webp', '{PUBLIC}/' || user_id || '/' || id || '.webp',
      50000, width, height, 'webp', prompt, model, completed_at FROM made
"""


async def build(url: str, completed: int = 0) -> None:
    """Make the old tables in an empty database, with so many completed generations."""
    connection = await asyncpg.connect(url)
    try:
        for sql in (_GENERATIONS, _IMAGES, _BATCHES, *(step(name) for name in GUIDE)):
            await connection.execute(sql)
        await connection.execute(_COMPLETED, completed)
    finally:
        await connection.close()
