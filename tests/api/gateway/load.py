"""Transitions in quantity, without a worker: rows as the door makes them, and their notices."""

import asyncio

from api.state import State
from pipeline.moves import as_move
from tests.rows import submission

LONG_PROMPT = "a lighthouse " * 300
"""3,900 characters: frames as large as they get."""


async def submit_many(state: State, user_id: str, count: int, prompt: str = LONG_PROMPT) -> list[str]:
    """Queue `count` generations, each of which is a transition that the gateway is told of; their ids."""
    given = {"user_id": user_id, "prompt": prompt}
    rows = await asyncio.gather(*(state.submissions.submit(submission(**given)) for _ in range(count)))
    state.notices.note([as_move(row) for row in rows])
    await state.notices.flush()
    return [str(row.id) for row in rows]
