"""Rows of two people and of nobody, for tests of what the one learns of the others."""

from uuid import UUID

from tests.schema.jobs import Psql

FAR = "2999-01-01T00:00:00+00:00"
ALICES = [UUID(int=0xA11CE000 + number) for number in range(3)]
BOBS = [UUID(int=0xB0B000 + number) for number in range(30)]
NOBODYS = UUID(int=0x0B0D1)
BATCHES = {"alice": UUID(int=0xA11CEBA), "bob": UUID(int=0xB0BBA)}
EVERYBODYS = [*ALICES, *BOBS, NOBODYS]

_GENERATION = """
    INSERT INTO image_generations (id, user_id, status, prompt, model, model_id, batch_id, batch_index, created_at,
      updated_at, due_at, width, steps, error_message, seed, input, payload, job_type)
    VALUES ($1, $2, CAST($3 AS text), CAST($4 AS text), 'm/m', 'm/m', $5, 0,
      now() - CAST($6 AS integer) * interval '1 minute', now() - interval '1 hour',
      CASE WHEN $3 IN ('pending', 'processing') THEN timestamptz '2999-01-01' END,
      512, 4, CAST($4 AS text), 7, '{}',
      jsonb_build_object('note', CAST($4 AS text), 'list', jsonb_build_array(1, 2)), 'generate-image')
"""
_IMAGE = """
    INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size, width, height,
      format, prompt, model)
    VALUES ($1, $1, 0, $2, CAST($3 AS text), CAST($3 AS text), '/images/' || $3, 10, 512, 512,
      'png', CAST($3 AS text), 'm/m')
"""
_BATCH = "INSERT INTO batches (id, user_id, name, settings, total) VALUES ($1, $2, $3, '{\"width\": 512}', 3)"


_STATUSES = ("completed", "failed", "cancelled", "pending", "queued", "processing")


async def write_own(psql: Psql) -> None:
    """Alice's: a batch, and three generations, each with a picture."""
    await psql.execute(_BATCH, BATCHES["alice"], "alice", "alice's")
    await _write(psql, "alice", [(one, "completed", "harbour", BATCHES["alice"]) for one in ALICES])


async def write_others(psql: Psql) -> None:
    """Bob's, in every status, with words that some pattern ends within; and one of nobody's."""
    await psql.execute(_BATCH, BATCHES["bob"], "bob", "Secret batch")
    bobs = [
        (one, _STATUSES[number % len(_STATUSES)], f"Secret {number}", BATCHES["bob"] if number < 20 else None)
        for number, one in enumerate(BOBS)
    ]
    await _write(psql, "bob", bobs)
    await _write(psql, None, [(NOBODYS, "completed", "Secret of nobody's", None)])


async def _write(psql: Psql, owner: str | None, rows: list[tuple[UUID, str, str, UUID | None]]) -> None:
    made = [(one, owner, status, words, batch, age) for age, (one, status, words, batch) in enumerate(rows)]
    await psql.executemany(_GENERATION, made)
    pictures = [(one, owner, words) for one, status, words, _ in rows if status == "completed"]
    await psql.executemany(_IMAGE, pictures)
