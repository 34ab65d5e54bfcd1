"""What follows a change that a door made to generations: bells, notices, and objects that nobody needs any more."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from api.state import State
from pipeline.doorbell import Bell
from pipeline.errors import StoreError
from pipeline.moves import as_move

log = logging.getLogger(__name__)


async def after_cancel(state: State, rows: Sequence[Row[Any]]) -> None:
    """These, as `pipeline.cancel` gives them, were called off just now."""
    if any(row.due_at is not None for row in rows):
        await state.doorbell.hand_over(Bell.CANCEL)
    if any(row.webhook_url is not None for row in rows):
        state.doorbell.ring(Bell.DELIVER)
    state.notices.note([as_move(row) for row in rows])


async def after_retry(state: State, rows: Sequence[Row[Any]]) -> None:
    """These were queued again just now."""
    if rows:
        await state.doorbell.hand_over(Bell.START)
    state.notices.note([as_move(row) for row in rows])


async def after_delete(state: State, rows: Sequence[Row[Any]]) -> None:
    """These, as `pipeline.delete` gives them, are gone: so are their objects now."""
    for key in (key for row in rows for key in row.keys):
        try:
            await state.store.delete(key)
        except StoreError as error:
            log.warning("object %s stays until the store is swept: %s", key, error)
