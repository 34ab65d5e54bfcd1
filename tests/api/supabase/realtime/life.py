"""A generation that a test carries on itself, one transition after the other, each noted as the actors do."""

from typing import Any
from uuid import UUID

from api.state import State
from pipeline.advance import collect_finished
from pipeline.callback import Callbacks
from pipeline.cancel import cancel
from pipeline.claim import claim_downloads, claim_queued
from pipeline.moves import as_move
from pipeline.outputs import finish
from tests.pipeline.lifecycle_world import picture
from tests.pipeline.test_callback import DONE
from tests.rows import submission


class Life:
    """One generation's. Only one may be on its way at a time."""

    def __init__(self, state: State, generation_id: UUID) -> None:
        self.id = generation_id
        self._state = state

    @classmethod
    async def begin(cls, state: State, user_id: str | None, **given: Any) -> "Life":
        """Submit it."""
        row = await state.submissions.submit(submission(user_id=user_id, **given))
        state.notices.note([as_move(row)])
        await state.notices.flush()
        return cls(state, UUID(str(row.id)))

    async def process(self) -> None:
        """queued → processing."""
        (claimed,) = await claim_queued(self._state.engine, {"replicate": 1}, lease=30)
        assert claimed.id == self.id
        self._state.notices.note([as_move(claimed)])
        await Callbacks(self._state.engine).commit(
            self.id, claimed.attempt_number, f"p-{self.id}", DONE, provider="replicate"
        )

    async def download(self) -> None:
        """processing → downloading."""
        self._state.notices.note((await collect_finished(self._state.engine, 5)).moved)

    async def complete(self, pictures: int = 1) -> None:
        """downloading → completed."""
        (row,) = await claim_downloads(self._state.engine, 5, lease=30)
        kept = [{**picture(), "idx": idx} for idx in range(pictures)]
        moves = await finish(self._state.engine, [{"id": self.id, "fence": row.fence, "pictures": kept}])
        self._state.notices.note(moves)

    async def develop(self, pictures: int = 1) -> None:
        """queued → completed."""
        await self.process()
        await self.download()
        await self.complete(pictures)

    async def call_off(self) -> None:
        """→ cancelled."""
        row = await cancel(self._state.engine, self.id)
        assert row is not None
        self._state.notices.note([as_move(row)])
