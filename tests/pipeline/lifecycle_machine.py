"""A model of everything that can happen to generations, in any order: two workers, webhooks, sweeps, deaths, time."""

import asyncio
from collections import Counter
from functools import partial
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.advance import collect_finished, give_up, try_again
from pipeline.callback import Callbacks
from pipeline.cancel import cancel, claim_running, stopped
from pipeline.claim import claim_downloads, claim_queued
from pipeline.egress import Guard
from pipeline.ids import new_id
from pipeline.incomplete import complete_incomplete
from pipeline.outputs import buy_again, download_later, finish
from pipeline.purchase import count_surplus, record_predictions
from pipeline.retry import retry
from pipeline.statements import fetch, statement
from pipeline.sweep import adopt, meter_due, promote_due, take_overdue
from pipeline.transitions import TRANSITIONS
from pipeline.verdict import GiveUp, on_lost, on_undeveloped
from schema.statuses import FINAL, Status
from tests.events import URL
from tests.pipeline.lifecycle_world import Hand, Sold, World, picture
from tests.pipeline.poison import POISONS, Poison, nested, write_as_before, write_by_hand
from tests.rows import submit

CAP = 3
# In the order in which they came: where they lie in the table is chance, and a run must be repeatable.
_UNREAD = statement("SELECT id FROM image_generations WHERE status = 'pending' AND input IS NULL AND due_at <= now()")
_EVERYTHING = statement("""
    SELECT *, (SELECT count(*) FROM images WHERE generation_id = g.id) AS pictures
    FROM image_generations AS g ORDER BY id
""")
_EMPTY = statement("""
    WITH gone AS (DELETE FROM image_generations RETURNING id), told AS (DELETE FROM deliveries RETURNING id)
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM told) AS emptied
""")
_EVENTS = statement("SELECT generation_id, version, type FROM deliveries")
_CAP = statement("UPDATE lanes SET cap = :cap RETURNING cap")
_TIME_PASSES = statement(
    "UPDATE image_generations SET due_at = now() - interval '1 second' WHERE due_at IS NOT NULL RETURNING id"
)
LEGAL = {(t.source, t.target) for t in TRANSITIONS}
WORKERS = st.sampled_from(["anna", "bruno"])
ENDINGS = st.sampled_from(["succeeded", "succeeded", "failed", "canceled"])


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
        self.guard = Guard()
        self.database_url = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.run(fetch(self.engine, _EMPTY))
        self.run(fetch(self.engine, _CAP, cap=CAP))

    def run(self, work: Any) -> Any:
        """Run a coroutine on the machine's loop."""
        return self.runner.run(work)

    @initialize(rows=st.integers(1, 4))
    def some_wait(self, rows: int) -> None:
        """By chance alone, most runs would end before anything has happened."""
        for _ in range(rows):
            self.submit(priority=0, attempts=2)

    @rule(target=purchases)
    def one_goes_well(self) -> Any:
        """The whole way of the next one in line, as long as nobody interferes."""
        self.claim(most=1)
        if not isinstance(sold := self.buy(worker=0), Sold):
            return multiple()
        self.prediction_ends(sold, "succeeded")
        self.webhook(sold, times=1)
        self.collect(most=4)
        self.claim_outputs(most=4)
        self.store(worker=len(self.world.storing) - 1, fails="no")
        return sold

    @rule(priority=st.integers(-1, 1), attempts=st.integers(1, 3))
    def submit(self, priority: int, attempts: int) -> None:
        self.run(submit(self.engine, priority=priority, max_attempts=attempts, webhook_url=URL))

    @rule(most=st.integers(1, 4))
    def claim(self, most: int) -> None:
        self.world.buying += [Hand(row) for row in self.run(claim_queued(self.engine, {"replicate": most}, 30))]

    @rule(which=st.integers(0, 5))
    def cancel(self, which: int) -> None:
        """Its owner calls one off."""
        if rows := self.rows():
            self.run(cancel(self.engine, rows[which % len(rows)].id))

    @rule(which=st.integers(0, 5))
    def retry(self, which: int) -> None:
        """Its owner tries one again."""
        if rows := self.rows():
            chosen = rows[which % len(rows)].id
            if self.run(retry(self.engine, chosen)):
                del self.world.final[chosen]

    @rule()
    def stop_meters(self) -> None:
        """The actor `cancel`: the provider stops, or had finished."""
        for row in self.run(claim_running(self.engine, 10, 30)):
            (sold,) = [one for one in self.world.sold if one.id == row.replicate_prediction_id]
            sold.ending = sold.ending or "canceled"
            self.run(stopped(self.engine, row, sold.record))

    @rule(target=purchases, worker=st.integers(0, 5))
    def buy(self, worker: int) -> Any:
        """The call to the provider, after the deadline check that every worker makes just before it."""
        ready = [hand for hand in self.world.buying if not hand.sold and hand.row.replicate_prediction_id is None]
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
            row = {"id": hand.row.id, "attempt": hand.row.attempt_number, "prediction_id": hand.sold.id}
            (kept,) = self.run(record_predictions(self.engine, "replicate", [row], look=10))
            if not (kept.status or kept.known):
                self.run(count_surplus(self.engine, hand.row.id, hand.sold.id, "replicate"))
                hand.sold.ending = hand.sold.ending or "canceled"

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
            say = partial(self.callbacks.commit, provider="replicate")
            await asyncio.gather(*(say(sold.generation_id, sold.attempt, sold.id, sold.record) for _ in range(times)))

        self.run(deliver())

    @rule(most=st.integers(1, 4))
    def collect(self, most: int) -> None:
        for row in self.run(collect_finished(self.engine, most)).undeveloped:
            match on_undeveloped(row.prediction, row.attempts, row.max_attempts, 0):
                case GiveUp(why):
                    self.run(give_up(self.engine, Status.PROCESSING, row, why))
                case verdict:
                    self.run(try_again(self.engine, row, verdict.why, delay=0, unsold=verdict.unsold))

    @rule(most=st.integers(1, 4))
    def claim_outputs(self, most: int) -> None:
        self.world.storing += [Hand(row) for row in self.run(claim_downloads(self.engine, most, 30))]

    @rule(worker=st.integers(0, 5), fails=st.sampled_from(["no", "no", "later", "for good", "gone"]))
    def store(self, worker: int, fails: str) -> None:
        """Perhaps by a zombie, whose row was taken over long ago."""
        if not self.world.storing:
            return
        hand = self.world.storing.pop(worker % len(self.world.storing))
        if fails == "later":
            self.run(download_later(self.engine, hand.row, delay=0))
        elif fails == "gone" and hand.row.attempts < hand.row.max_attempts:
            self.run(buy_again(self.engine, hand.row, "expired"))
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
        self.run(meter_due(self.engine))
        self.run(complete_incomplete(self.engine, self.guard, ["replicate"]))
        self.run(promote_due(self.engine))
        # One that was completed and then backs off is pending again, and not due.
        left = [row for row in self.run(fetch(self.engine, _UNREAD)) if row.id in self.world.poisoned]
        assert not left, "a poisonous row neither goes on nor fails"

    @rule(poison=st.sampled_from(POISONS), which=st.integers(0, 5), levels=st.sampled_from([None, None, 33, 1_500]))
    def somebody_writes_poison(self, poison: Poison, which: int, levels: int | None) -> None:
        """By SQL: into a new row, which fails by itself at the next sweep unless the schema refuses it; into one under
        way, of which nothing changes; or `levels` deep, by a version that had no limits.
        """
        # What a row had before there were limits it may keep, so the same once more is refused by nobody.
        rows = [row for row in self.rows() if row.id not in self.world.poisoned]
        if levels is not None:
            self.world.poisoned.add(self.run(write_as_before(self.database_url, nested(levels))))
        elif poison.refused and rows:
            row = rows[which % len(rows)]
            assert self.run(write_by_hand(self.database_url, poison, row.id)) is None, poison.column
        else:
            made = self.run(write_by_hand(self.database_url, poison))
            assert (made is None) == poison.refused
            self.world.poisoned |= {made} - {None}

    @rule()
    def watch(self) -> None:
        """The watcher takes what is overdue; then it asks the provider, and much may happen meanwhile."""
        self.world.watched += self.run(take_overdue(self.engine, "replicate", look=10, most=100))

    @rule(which=st.integers(0, 5))
    def judge(self, which: int) -> None:
        """What is known is asked for, an orphan is adopted or, when nothing was bought, tried again."""
        if not self.world.watched:
            return
        row = self.world.watched.pop(which % len(self.world.watched))
        taken = {known.replicate_prediction_id for known in self.rows()}
        bought = [sold for sold in self.world.sold if self.is_for(sold, row)]
        free = [sold for sold in bought if row.replicate_prediction_id or sold.id not in taken]
        if free:
            self.hear(row, free)
        elif not any(hand.row.id == row.id and not hand.sold and not hand.lease_over for hand in self.world.buying):
            self.lose(row)

    def hear(self, row: Row[Any], bought: list[Sold]) -> None:
        """Adopt the best of what was bought for the row, count the rest, and commit how it stands."""
        best, *surplus = sorted(bought, key=lambda sold: sold.ending in ("failed", "canceled"))
        if not row.replicate_prediction_id:
            self.run(adopt(self.engine, row, best.id))
        for sold in surplus:
            if sold.ending not in ("failed", "canceled"):
                self.run(count_surplus(self.engine, row.id, sold.id, "replicate"))
        if best.record:
            self.run(self.callbacks.commit(row.id, row.attempt_number, best.id, best.record, provider="replicate"))

    def lose(self, row: Row[Any]) -> None:
        """Nothing was bought for the row."""
        if row.status != "processing":
            self.run(stopped(self.engine, row, None))
            return
        match on_lost("lost", row.attempts, row.max_attempts, 0):
            case GiveUp(why):
                self.run(give_up(self.engine, Status.PROCESSING, row, why))
            case verdict:
                self.run(try_again(self.engine, row, verdict.why, delay=0, unsold=verdict.unsold))

    def is_for(self, sold: Sold, row: Row[Any]) -> bool:
        """Whether this purchase is the row's own, or was made for it and belongs to no row yet."""
        if row.replicate_prediction_id:
            return bool(sold.id == row.replicate_prediction_id)
        return sold.generation_id == row.id and sold.id not in row.past_predictions

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
            assert row.attempt_number - row.attempts_before <= row.max_attempts
            if row.id in self.world.final:
                assert self.world.final[row.id] == (row.status, row.version), "a final row moved"
            if Status(row.status) in FINAL:
                self.world.final[row.id] = row.status, row.version
        assert sum(row.status == "processing" and row.outside_of is None for row in rows) <= CAP
        for row in rows:
            live = [s for s in self.world.sold if s.generation_id == row.id and s.ending in (None, "succeeded")]
            assert len(live) <= 1 + row.possible_double_charge, f"paid twice: {live}"
            if row.status == "cancelled" and row.due_at is None:
                held = [hand.sold for hand in self.world.buying]
                assert all(sold.ending or sold in held for sold in live), "nobody stops the meter"

    @invariant()
    def every_end_is_told_once(self) -> None:
        """The outbox has one event for each entry of a final status, and nothing else."""
        told = Counter((row.generation_id, row.version, row.type) for row in self.run(fetch(self.engine, _EVENTS)))
        assert told == Counter(
            (row.id, entry["v"], f"generation.{entry['status']}")
            for row in self.rows()
            for entry in row.timeline
            if Status(entry["status"]) in FINAL
        )
