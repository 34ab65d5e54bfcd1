"""The audit finds what is planted in a made-up world, and nothing in a right one; and a whole short torture holds."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from pipeline.providers.painter.ledger import Delivery, Sold
from proof.torture.audit.audit import AUDITS, missing_kills, wrong_answers
from proof.torture.audit.findings import Class
from proof.torture.audit.world import World
from proof.torture.book import Accepted, Book, Followed, Heard
from proof.torture.kills.kinds import KINDS
from proof.torture.kills.schedule import Counted
from proof.torture.load import BRITTLE
from proof.torture.options import Options
from proof.torture.rows import Image, Row
from proof.torture.spender import USER

OPTIONS = Options(10, 60.0, 1, 1, ("worker",), (), visitors=True)


def row(*statuses: str, **changed: Any) -> Row:
    """A generation that went this way, in attempt 1."""
    timeline = [{"v": v, "status": status, "attempt": 1} for v, status in enumerate(statuses, start=1)]
    made = Row(
        id="g1",
        prompt="a lighthouse",
        status=statuses[-1],
        version=len(statuses),
        timeline=timeline,
        num_outputs=1,
        due_at=None,
        attempt_number=1,
        max_attempts=10,
        replicate_prediction_id="p1",
        possible_double_charge=0,
        error_message=None,
    )
    return replace(made, **changed)


def sale(id_: str, at: float, ended: float | None, status: str = "succeeded", *, attempt: int = 1) -> Sold:
    """A prediction sold to g1, whose last webhook was taken when it ended."""
    webhook = f"http://127.0.0.1:8000/v1/callbacks/replicate/g1/{attempt}/a-token"
    deliveries = [] if ended is None else [Delivery("completed", "m", ended, 200, True)]
    return Sold(id_, "m/m", "v", {}, webhook, [], 1.0, None, [], at, at, ended, status, deliveries=deliveries)


WAY = ("queued", "processing", "downloading", "completed")
IMAGE = Image("g1", 0, "aa/g1-0.png", "http://127.0.0.1/images/aa/g1-0.png", 10, 8, 8)
RIGHT = World(
    book=Book(accepted=[Accepted("g1", 0, "a lighthouse")], followed={"g1": Followed([(1, "queued")], "")}),
    rows=[row(*WAY)],
    images=[IMAGE],
    sold=[sale("p1", 1.0, 2.0)],
    objects=frozenset({"aa/g1-0.png"}),
)


def found_in(world: World) -> list[Class]:
    """The classes of everything the audits find."""
    return [finding.cls for one in AUDITS for finding in one(world)]


def with_rows(*rows: Row) -> World:
    """The right world with other rows."""
    return replace(RIGHT, rows=list(rows))


def told(*heard: Heard) -> World:
    """The right world, whose receiver is to be told, and heard this."""
    return replace(with_rows(row(*WAY, told=True)), book=replace(RIGHT.book, heard=list(heard)))


WRONG: dict[str, tuple[Class, World]] = {
    "accepted and gone": (Class.LOST, replace(RIGHT, rows=[], images=[], sold=[], objects=frozenset())),
    "never accepted": (Class.LOST, replace(RIGHT, book=Book(refused=["a lighthouse: nobody answered"]))),
    "paid and failed": (
        Class.LOST,
        replace(with_rows(row(*WAY[:3], "failed")), images=[], objects=frozenset()),
    ),
    "completed by nothing": (Class.LOST, replace(RIGHT, sold=[])),
    "sold to nobody": (Class.LOST, replace(RIGHT, sold=[*RIGHT.sold, replace(sale("p2", 1.0, 2.0), webhook=None)])),
    "no picture": (Class.LOST, replace(RIGHT, images=[], objects=frozenset())),
    "cancel forgotten": (Class.LOST, replace(RIGHT, book=Book(cancelled=Counter({"g1": 1})))),
    "retry forgotten": (Class.LOST, replace(RIGHT, book=Book(retried=Counter({"g1": 1})))),
    "accepted twice": (
        Class.DUPLICATED,
        with_rows(row(*WAY), row("queued", "cancelled", id="g2", replicate_prediction_id=None)),
    ),
    "booked twice": (Class.DUPLICATED, with_rows(row(*WAY), row("queued", "cancelled", id="g2", prompt="fog"))),
    "too many pictures": (Class.DUPLICATED, replace(RIGHT, images=[IMAGE, replace(IMAGE, idx=1)])),
    "bought twice": (Class.PAID_TWICE, replace(RIGHT, sold=[sale("p0", 1.0, 9.0), sale("p1", 2.0, 3.0)])),
    "bought after the webhook": (
        Class.PAID_TWICE,
        replace(with_rows(row(*WAY, possible_double_charge=1)), sold=[sale("p0", 1.0, 2.0), sale("p1", 3.0, 4.0)]),
    ),
    "not final": (
        Class.STUCK,
        replace(with_rows(row(*WAY[:2])), images=[], objects=frozenset()),
    ),
    "final with a clock": (Class.STUCK, with_rows(row(*WAY, due_at=datetime.now(UTC)))),
    "a step that is none": (Class.ILLEGAL, with_rows(row("queued", "completed"))),
    "a version left out": (Class.ILLEGAL, with_rows(row(*WAY, version=5))),
    "an object of nobody's": (Class.ORPHAN, replace(RIGHT, objects=frozenset({IMAGE.storage_path, "aa/x.png"}))),
    "a sale that runs": (Class.STILL_RUNNING, replace(RIGHT, sold=[*RIGHT.sold, sale("p2", 1.0, None, "processing")])),
    "a transition missed": (
        Class.UNSEEN,
        replace(RIGHT, book=Book(followed={"g1": Followed([(2, "processing")], "")})),
    ),
    "an end nobody was told": (Class.UNTOLD, with_rows(row(*WAY, told=True))),
    "an end told under two ids": (
        Class.UNTOLD,
        told(Heard("m1", "g1", 4, "completed"), Heard("m2", "g1", 4, "completed")),
    ),
    "one id for two ends": (Class.UNTOLD, told(Heard("m1", "g1", 4, "completed"), Heard("m1", "g2", 3, "failed"))),
    "another end was told": (Class.UNTOLD, told(Heard("m1", "g1", 4, "failed"))),
    "a signature that does not match": (Class.UNTOLD, replace(RIGHT, book=Book(forged=["m1: no matching signature"]))),
    "a budget overspent": (Class.OVERSPENT, with_rows(row(*WAY, user_id=USER, cost=0.3))),
    "bought at two providers": (
        Class.PAID_TWICE,
        replace(
            RIGHT,
            sold=[
                sale("p0", 1.0, 9.0),
                replace(sale("p1", 2.0, 3.0), webhook="http://127.0.0.1:8000/v1/callbacks/fal/g1/1/a-token"),
            ],
        ),
    ),
    "an end never seen": (Class.UNSEEN, replace(RIGHT, book=Book(followed={"g1": Followed([(1, "queued")])}))),
}


def test_nothing_is_found_in_a_right_world() -> None:
    assert found_in(RIGHT) == []


@pytest.mark.parametrize(("cls", "world"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(cls: Class, world: World) -> None:
    assert cls in found_in(world)


RETRIED = ("queued", "processing", "cancelled", *WAY)
ALLOWED: dict[str, World] = {
    "a failed attempt, and then another": replace(
        RIGHT, sold=[sale("p0", 1.0, 2.0, "failed"), sale("p1", 3.0, 4.0, attempt=2)]
    ),
    "bought twice, counted, no webhook": replace(
        with_rows(row(*WAY, possible_double_charge=1)),
        sold=[replace(sale("p0", 1.0, 2.0), deliveries=[]), sale("p1", 3.0, 4.0)],
    ),
    "bought again by its owner": replace(
        with_rows(row(*RETRIED)),
        sold=[sale("p0", 1.0, 2.0), sale("p1", 3.0, 4.0, attempt=2)],
        book=Book(cancelled=Counter({"g1": 2}), retried=Counter({"g1": 1})),
    ),
    "told twice under one id": told(Heard("m1", "g1", 4, "completed"), Heard("m1", "g1", 4, "completed")),
    "still to be told": replace(with_rows(row(*WAY, told=True)), pending=frozenset({("g1", 4)})),
    "spoiled by the painter": replace(
        with_rows(row(*WAY[:3], "failed", prompt=f"fog {BRITTLE}")), images=[], objects=frozenset()
    ),
}


@pytest.mark.parametrize("world", ALLOWED.values(), ids=ALLOWED)
def test_what_may_happen_is_no_finding(world: World) -> None:
    assert found_in(world) == []


def test_wrong_answers_and_missing_kills_are_findings() -> None:
    book = Book(answers=Counter({("cancel", "500"): 3}), wrong={("cancel", "500"): "POST …: oops"})
    assert [finding.cls for finding in wrong_answers(book)] == [Class.ANSWER]
    assert [finding.cls for finding in missing_kills(OPTIONS, [])] == [Class.KILLS]
    assert list(missing_kills(OPTIONS, [Counted("worker", 1.0, {"queued": 20})])) == []


@pytest.mark.timeout(300)
def test_a_short_torture_finds_nothing() -> None:
    """Every kind of kill once, all faults, cancels and retries: some ninety seconds in all."""
    command = [sys.executable, "-m", "proof.torture", "--json", "--generations=600", "--seconds=60", "--kills=1"]
    run = subprocess.run(command, capture_output=True)
    assert run.returncode == 0, run.stdout.decode() + run.stderr.decode()
    document = orjson.loads(run.stdout)
    assert {kill["kind"] for kill in document["kills"]} == set(KINDS)
    assert sum(document["generations"].values()) >= 600
    assert document["bought_at"].keys() == {"replicate", "fal"}, "nothing was bought elsewhere"


@pytest.mark.parametrize("wrong", [["--only=sun"], ["--faults=sun"], ["--generations=0"]])
def test_usage(wrong: list[str]) -> None:
    run = subprocess.run([sys.executable, "-m", "proof.torture", *wrong], capture_output=True)
    assert run.returncode == 2
