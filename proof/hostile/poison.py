"""Rows that somebody writes by SQL, with values that no door takes."""

import asyncio
from typing import NoReturn

import asyncpg

from pipeline.ids import new_id
from proof.hostile.book import Book
from proof.plain_connection import connect

EVERY_SECONDS = 1.0
_DEEP = '{"a":' * 300 + "1" + "}" * 300
_ROWS = {
    "metadata 300 levels deep": ("metadata", f"'{_DEEP}'::jsonb"),
    "metadata with a number past any": ("metadata", "'{\"a\": 1e400}'::jsonb"),
    "a deadline that never comes": ("deadline", "'infinity'::timestamptz"),
    "a deadline in the year 20000": ("deadline", "'20000-01-01'::timestamptz"),
    "a seed past a float": ("seed", str(2**63 - 1)),
    "a prompt of 10 MB": ("prompt", "repeat('x', 10000000)"),
}
"""What is wrong with each, the column, and its value in SQL."""


async def write_poison(database_url: str, user_id: str, book: Book) -> NoReturn:
    """Insert one such row after the other. Whether the schema refuses it is noted; it must not hurt anybody."""
    connection = await connect(database_url)
    try:
        while True:
            for name, (column, value) in _ROWS.items():
                columns = {"prompt": "'by hand'", column: value}
                try:
                    await connection.execute(
                        f"INSERT INTO image_generations (id, user_id, model, model_id, status, due_at, "
                        f"{', '.join(columns)}) VALUES ($1, $2, 'black-forest-labs/flux-schnell', "
                        f"'black-forest-labs/flux-schnell', 'pending', now(), {', '.join(columns.values())})",
                        new_id(),
                        user_id,
                    )
                    book.poison["taken", name] += 1
                except asyncpg.PostgresError as refused:
                    book.poison[f"refused ({refused.sqlstate})", name] += 1
                await asyncio.sleep(EVERY_SECONDS)
    finally:
        connection.terminate()
