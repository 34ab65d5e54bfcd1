"""The model of all that can happen, and external workers in it: they claim, bring, fail, die and come too late."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy.exc import DBAPIError

from pipeline.statements import fetch, statement
from pipeline.sweep import take_back
from tests.pipeline.lifecycle_machine import Lifecycle

_CLAIM = statement("SELECT * FROM claim_next_job()")
_COMPLETE = statement("SELECT complete_job(:id, CAST(:result AS jsonb), CAST(:error AS text)) AS done")
_RESET = statement("UPDATE job_queue SET status = 'pending', attempt_number = 0 WHERE id = :id RETURNING id")
_ARCHIVE = statement("DELETE FROM job_queue WHERE id = :id RETURNING id")
NOT_HELD, HELD_BY_PROVIDER = "is not held by an external worker", "the provider may still be at work"
BROUGHT = {"output_url": "https://pictures.example/1.png"}


class Outsiders(Lifecycle):
    """The same promises hold with them."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[tuple[UUID, int]] = []
        """Jobs, and the attempts for which they were handed out."""

    @rule()
    def outsider_claims(self) -> None:
        known = {row.id for row in self.rows() if row.replicate_prediction_id}
        for job in self.run(fetch(self.engine, _CLAIM)):
            assert job.id not in known, "what was bought was handed out"
            self.outside.append((job.id, job.attempt_number))

    @rule(which=st.integers(0, 5))
    def outsider_brings(self, which: int) -> None:
        self.ends(which, {**BROUGHT}, None)

    @rule(which=st.integers(0, 5))
    def outsider_fails(self, which: int) -> None:
        self.ends(which, {}, "out of memory")

    @rule(which=st.integers(0, 5))
    def outsider_dies(self, which: int) -> None:
        if self.outside:
            self.outside.pop(which % len(self.outside))

    @rule(which=st.integers(0, 5))
    def stranger_completes(self, which: int) -> None:
        """Somebody who has claimed nothing."""
        if rows := self.rows():
            row = rows[which % len(rows)]
            if row.outside_of is None:
                assert not self.told(row.id, BROUGHT, None), "a stranger ended a job of the pipeline's"

    @rule()
    def clock_takes_back(self) -> None:
        self.run(take_back(self.engine))

    @rule(which=st.integers(0, 5))
    def somebody_resets(self, which: int) -> None:
        """As the guide says, in psql."""
        stuck = [row for row in self.rows() if row.status in ("processing", "failed", "cancelled")]
        if stuck:
            chosen = stuck[which % len(stuck)].id
            if self.tried(_RESET, HELD_BY_PROVIDER, id=chosen):
                self.world.final.pop(chosen, None)

    @rule(which=st.integers(0, 5))
    def somebody_archives(self, which: int) -> None:
        if rows := self.rows():
            self.run(fetch(self.engine, _ARCHIVE, id=rows[which % len(rows)].id))

    def ends(self, which: int, result: Mapping[str, Any], error: str | None) -> None:
        """Whoever has a job says how it ended, perhaps long after the lease, and twice."""
        if self.outside:
            job, attempt = self.outside.pop(which % len(self.outside))
            for _ in range(2):
                self.told(job, {**result, "attempt_number": attempt}, error)

    def told(self, job: UUID, result: Mapping[str, Any], error: str | None) -> bool:
        """Whether `complete_job` took it."""
        return self.tried(_COMPLETE, NOT_HELD, id=job, result=orjson.dumps(result).decode(), error=error)

    def tried(self, sql: Any, refusal: str, **parameters: Any) -> bool:
        """Whether a statement went through; what it may be refused for is no error."""
        try:
            return bool(self.run(fetch(self.engine, sql, **parameters)))
        except DBAPIError as error:
            if refusal in str(error) or "another worker has the job" in str(error):
                return False
            raise
