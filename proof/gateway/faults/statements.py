"""Statements of the proof: what a person types in psql, and what a worker commits that dies before its notice."""

import asyncpg

from pipeline.database import SERVER_SETTINGS
from pipeline.transitions import move
from proof.plain_connection import connect
from schema.statuses import FINAL, Status, sql_list

BY_HAND = """
    UPDATE image_generations SET status = '{status}', error_message = 'by hand' WHERE id = $1 RETURNING version
"""
"""As psql would: without Darkroom's setting, so the row's trigger keeps the books and notifies."""
UNNOTICED = f"""
    UPDATE image_generations AS g SET {move(Status.PENDING, Status.CANCELLED)},
      completed_at = now(), due_at = NULL, fence = g.fence + 1
    WHERE g.id = $1 AND g.status = 'pending' RETURNING version
"""
"""As the pipeline would, by its own clause; only the notice that should follow is never sent."""
UNFINISHED = f"status NOT IN ({sql_list(FINAL)})"
ENDED_BY_HAND = f"""
    UPDATE image_generations SET status = '{{status}}', error_message = 'by hand'
    WHERE id = ANY ($1::uuid[]) AND {UNFINISHED}
"""
QUEUED_BY_HAND = """
    UPDATE image_generations SET status = 'queued', error_message = NULL
    WHERE id = ANY ($1::uuid[]) AND status IN ('failed', 'cancelled') AND due_at IS NULL AND attempt_number > 0
"""
TOUCHED_BY_HAND = "UPDATE image_generations SET style = 'by hand' WHERE id = ANY ($1::uuid[])"
"""No transition: nobody is sent anything."""
INSERTED_BY_HAND = """
    INSERT INTO image_generations (id, user_id, prompt, model, model_id, width, height, seed, input, status, due_at)
    SELECT $2, user_id, prompt, model, model_id, width, height, seed, input, 'pending', due_at
    FROM image_generations WHERE id = $1 RETURNING version
"""
GIVEN_AWAY = "UPDATE image_generations SET user_id = $2 WHERE id = $1 AND user_id <> $2 RETURNING version"


async def connect_as_darkroom(database_url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection with Darkroom's own settings: what it changes is not held to be made by hand."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        database_url, timeout=5, command_timeout=30, server_settings=SERVER_SETTINGS
    )
    return connection


async def change(database_url: str, sql: str, *arguments: object, by_hand: bool) -> int:
    """Commit one change; the version that the row then has. Raises LookupError when there is no such row."""
    connection = await (connect(database_url) if by_hand else connect_as_darkroom(database_url))
    try:
        version: int | None = await connection.fetchval(sql, *arguments)
    finally:
        connection.terminate()
    if version is None:
        raise LookupError(f"nothing to change: {arguments}")
    return version
