"""A model of everything that can happen to generations, in any order: two workers, webhooks, sweeps, deaths, time."""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.advance import collect_finished, download_later, finish, give_up, record_predictions, try_again
from pipeline.callback import Callbacks
from pipeline.claim import claim_downloads, claim_queued
from pipeline.ids import new_id
from pipeline.statements import fetch, statement
from pipeline.sweep import adopt, promote_due, take_overdue
from pipeline.transitions import TRANSITIONS
from pipeline.verdict import GiveUp, on_lost, on_undeveloped
from schema.statuses import FINAL, Status
from tests.rows import submit

CAP = 3
_EVERYTHING = statement(
    "SELECT *, (SELECT count(*) FROM images WHERE generation_id = g.id) AS pictures FROM image_generations AS g"
)
_EMPTY = statement("WITH gone AS (DELETE FROM image_generations RETURNING id) SELECT count(*) FROM gone")
_CAP = statement("UPDATE lanes SET cap = :cap RETURNING cap")
_TIME_PASSES = statement(
    "UPDATE image_generations SET due_at = now() - interval '1 second' WHERE due_at IS NOT NULL RETURNING id"
)
LEGAL = {(t.source, t.target) for t in TRANSITIONS}
WORKERS = st.sampled_from(["anna", "bruno"])
ENDINGS = st.sampled_from(["succeeded", "succeeded", "failed", "canceled"])


@dataclass
class Sold:
    """A prediction at the provider, who forgets nothing."""

    id: str
    generation_id: UUID
    attempt: int
    ending: str | None = None

    @property
    def record(self) -> dict[str, Any] | None:
        """What the provider says about it."""
        if self.ending is None:
            return None
        output = ["http://127.0.0.1/x.png"] if self.ending == "succeeded" else []
        return {"status": self.ending, "output": output}


@dataclass
class Hand:
    """A row in a worker's hand; the worker may be frozen for any time while it holds it."""

    row: Row[Any]
    lease_over: bool = False
    sold: Sold | None = None


@dataclass
class World:
    """What the machine knows besides the database."""

    sold: list[Sold] = field(default_factory=list)
    buying: list[Hand] = field(default_factory=list)
    storing: list[Hand] = field(default_factory=list)
    final: dict[UUID, tuple[str, int]] = field(default_factory=dict)


class Lifecycle(RuleBasedStateMachine):
    """Drives the pipeline's own statements; the invariants are what Darkroom promises."""

    engine: AsyncEngine
    runner: asyncio.Runner
    deadline_checked = True
    purchases = Bundle("purchases")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.callbacks = Callbacks(self.engine)
        self.run(fetch(self.engine, _EMPTY))
        self.run(fetch(self.engine, _CAP, cap=CAP))

    def run(self, work: Any) -> Any:
        """Run a coroutine on the machine's loop."""
        return self.runner.run(work)

    @rule(priority=st.integers(-1, 1), attempts=st.integers(1, 3))
    def submit(self, priority: int, attempts: int) -> None:
        self.run(submit(self.engine, priority=priority, max_attempts=attempts))

    @rule(most=st.integers(1, 4))
    def claim(self, most: int) -> None:
        self.world.buying += [Hand(row) for row in self.run(claim_queued(self.engine, "replicate", most, 30))]

    @rule(target=purchases, worker=st.integers(0, 5))
    def buy(self, worker: int) -> Any:
        """The call to the provider, after the deadline check that every worker makes just before it."""
        ready = [hand for hand in self.world.buying if not hand.sold]
        if self.deadline_checked:
            ready = [hand for hand in ready if not hand.lease_over]
        if not ready:
            return multiple()
        hand = ready[worker % len(ready)]
        hand.sold = Sold(f"p{len(self.world.sold)}-{new_id()}", hand.row.id, hand.row.attempt_number)
        self.world.sold.append(hand.sold)
        return hand.sold

    @rule(worker=st.integers(0, 5))
    def write_down(self, worker: int) -> None:
        """Whoever bought writes it down, perhaps long after its lease."""
        holding = [hand for hand in self.world.buying if hand.sold]
        if holding:
            hand = holding[worker % len(holding)]
            self.world.buying.remove(hand)
            assert hand.sold
            row = {"id": hand.row.id, "fence": hand.row.fence, "prediction_id": hand.sold.id}
            self.run(record_predictions(self.engine, [row], look=10))

    @rule(unsold=st.booleans(), worker=st.integers(0, 5))
    def provider_refuses(self, unsold: bool, worker: int) -> None:
        ready = [hand for hand in self.world.buying if not hand.sold]
        if ready:
            hand = ready[worker % len(ready)]
            self.world.buying.remove(hand)
            if unsold:
                self.run(try_again(self.engine, hand.row, "down", delay=0, unsold=True))
            else:
                self.run(give_up(self.engine, Status.PROCESSING, hand.row, "refused"))

    @rule(worker=st.integers(0, 5))
    def worker_dies(self, worker: int) -> None:
        for hands in (self.world.buying, self.world.storing):
            if hands:
                hands.pop(worker % len(hands))

    @rule(sold=purchases, ending=ENDINGS)
    def prediction_ends(self, sold: Sold, ending: str) -> None:
        sold.ending = sold.ending or ending

    @rule(sold=purchases, times=st.integers(1, 3))
    def webhook(self, sold: Sold, times: int) -> None:
        """Now, later, doubled, or about an attempt long superseded."""

        async def deliver() -> None:
            say = self.callbacks.commit
            await asyncio.gather(*(say(sold.generation_id, sold.attempt, sold.id, sold.record) for _ in range(times)))

        self.run(deliver())

    @rule(most=st.integers(1, 4))
    def collect(self, most: int) -> None:
        for row in self.run(collect_finished(self.engine, most)).undeveloped:
            match on_undeveloped(row.prediction, row.attempt_number, row.max_attempts, 0):
                case GiveUp(why):
                    self.run(give_up(self.engine, Status.PROCESSING, row, why))
                case verdict:
                    self.run(try_again(self.engine, row, verdict.why, delay=0, unsold=verdict.unsold))

    @rule(most=st.integers(1, 4))
    def claim_outputs(self, most: int) -> None:
        self.world.storing += [Hand(row) for row in self.run(claim_downloads(self.engine, most, 30))]

    @rule(worker=st.integers(0, 5), fails=st.sampled_from(["no", "no", "later", "for good"]))
    def store(self, worker: int, fails: str) -> None:
        """Perhaps by a zombie, whose row was taken over long ago."""
        if not self.world.storing:
            return
        hand = self.world.storing.pop(worker % len(self.world.storing))
        if fails == "later":
            self.run(download_later(self.engine, hand.row, delay=0))
        elif fails == "for good":
            self.run(give_up(self.engine, Status.DOWNLOADING, hand.row, "broken"))
        else:
            self.run(finish(self.engine, [{"id": hand.row.id, "fence": hand.row.fence, "pictures": [picture()]}]))

    @rule()
    def time_passes(self) -> None:
        """Every lease ends and everything scheduled is due."""
        self.run(fetch(self.engine, _TIME_PASSES))
        for hand in self.world.buying:
            hand.lease_over = True

    @rule()
    def sweep(self) -> None:
        self.run(promote_due(self.engine))

    @rule()
    def watch(self) -> None:
        """The watcher: what is known is asked for, an orphan is adopted or, when nothing was bought, tried again."""
        for row in self.run(take_overdue(self.engine, "replicate", look=10)):
            bought = [s for s in self.world.sold if (s.generation_id, s.attempt) == (row.id, row.attempt_number)]
            bought = [s for s in bought if self.is_free(s, row)]
            if bought:
                if not row.replicate_prediction_id:
                    self.run(adopt(self.engine, row, bought[0].id))
                self.run(self.callbacks.commit(row.id, row.attempt_number, bought[0].id, bought[0].record))
                continue
            match on_lost("lost", row.attempt_number, row.max_attempts, 0):
                case GiveUp(why):
                    self.run(give_up(self.engine, Status.PROCESSING, row, why))
                case verdict:
                    self.run(try_again(self.engine, row, verdict.why, delay=0, unsold=verdict.unsold))

    def is_free(self, sold: Sold, row: Row[Any]) -> bool:
        """Whether this purchase is the row's own, or belongs to nobody yet."""
        if row.replicate_prediction_id:
            return bool(sold.id == row.replicate_prediction_id)
        return sold.id not in {known.replicate_prediction_id for known in self.rows()}

    def rows(self) -> list[Row[Any]]:
        """Every row, with the number of its pictures."""
        return list(self.run(fetch(self.engine, _EVERYTHING)))

    @invariant()
    def promises_hold(self) -> None:
        rows = self.rows()
        for row in rows:
            path = [None, *(Status(entry["status"]) for entry in row.timeline)]
            assert set(pairwise(path)) <= LEGAL, f"illegal: {path}"
            assert [entry["v"] for entry in row.timeline] == list(range(1, row.version + 1))
            assert row.timeline[-1]["status"] == row.status
            assert row.pictures == (1 if row.status == "completed" else 0)
            assert row.attempt_number <= row.max_attempts
            if row.id in self.world.final:
                assert self.world.final[row.id] == (row.status, row.version), "a final row moved"
            if Status(row.status) in FINAL:
                self.world.final[row.id] = row.status, row.version
        assert sum(row.status == "processing" for row in rows) <= CAP
        for row in rows:
            live = [s for s in self.world.sold if s.generation_id == row.id and s.ending in (None, "succeeded")]
            assert len(live) <= 1, f"paid twice: {live}"


def picture() -> dict[str, Any]:
    """One picture as the actor `store` describes it."""
    return {
        "id": str(new_id()),
        "idx": 0,
        "filename": "0.png",
        "storage_path": "x/0.png",
        "public_url": "http://127.0.0.1/images/x/0.png",
        "file_size": 10,
        "width": 8,
        "height": 8,
        "format": "png",
    }
