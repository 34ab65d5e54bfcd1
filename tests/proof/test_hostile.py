"""The audit of hostile neighbours finds what is planted, and nothing in what is right; and a whole short run holds."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import orjson
import pytest

from proof.bench.spread import Spread
from proof.hostile.audit import Class, World, audit
from proof.hostile.behaviours import BEHAVIOURS, behaviour_of, prompt_of
from proof.hostile.book import Book
from proof.hostile.ledger import Ledger, Sale
from proof.hostile.options import LARGEST_GROWTH_MB
from proof.torture.rows import Image, Row


def row(id_: str, status: str, **changed: Any) -> Row:
    """A generation that ended so."""
    made = Row(
        id=id_,
        prompt="a lighthouse",
        status=status,
        version=4,
        timeline=[],
        num_outputs=1,
        due_at=None,
        attempt_number=1,
        max_attempts=3,
        replicate_prediction_id="p1",
        possible_double_charge=0,
        error_message=None,
    )
    return replace(made, **changed)


def sale(id_: str) -> Sale:
    """One purchase for a generation."""
    return Sale("a lighthouse", f"http://127.0.0.1:8000/v1/callbacks/replicate/{id_}/1?token=x")


def image(id_: str, idx: int = 0) -> Image:
    """One of its pictures."""
    return Image(id_, idx, "aa/x.webp", "http://127.0.0.1/images/aa/x.webp", 10, 8, 8)


BOOK = Book(honest=["honest"], hostile={"evil": "a number"})
RIGHT = World(
    book=BOOK,
    ledger=Ledger([sale("honest"), sale("evil")], []),
    rows=[row("honest", "completed"), row("evil", "failed")],
    images=[image("honest")],
    restarted=[],
    alone=Spread(300.0, 500.0),
    beside=Spread(310.0, 900.0),
    memory_alone_mb={"worker": 100.0},
    memory_beside_mb={"worker": 180.0},
)
HONEST, EVIL = RIGHT.rows
PLANTS: dict[str, tuple[Class, World]] = {
    "an honest one refused": (Class.LOST, replace(RIGHT, book=replace(BOOK, refused=["honest #1: 500"]))),
    "an honest one failed": (Class.LOST, replace(RIGHT, rows=[row("honest", "failed"), EVIL])),
    "an honest one without a picture": (Class.LOST, replace(RIGHT, images=[])),
    "a hostile one gone": (Class.LOST, replace(RIGHT, rows=[HONEST])),
    "one that never ends": (Class.STUCK, replace(RIGHT, rows=[*RIGHT.rows, row("by hand", "processing")])),
    "an honest one bought twice": (Class.PAID_TWICE, replace(RIGHT, ledger=Ledger([sale("honest")] * 2, []))),
    "a number bought twice": (Class.PAID_TWICE, replace(RIGHT, ledger=Ledger([sale("evil")] * 2, []))),
    "a number taken for a picture": (Class.MISREAD, replace(RIGHT, rows=[HONEST, row("evil", "completed")])),
    "more pictures than asked for": (Class.MISREAD, replace(RIGHT, images=[*RIGHT.images, *[image("evil")] * 2])),
    "a foreign row shown": (Class.READ_BY_OTHERS, replace(RIGHT, book=replace(BOOK, seen=["GET /: 200"]))),
    "a knock inside": (Class.REACHED_INSIDE, replace(RIGHT, ledger=Ledger(RIGHT.ledger.sales, ["GET /secret.png"]))),
    "a server error": (Class.ANSWER, replace(RIGHT, book=replace(BOOK, wrong=["POST /v1/generations: 500"]))),
    "a worker that was started again": (Class.ENDED, replace(RIGHT, restarted=["worker"])),
    "a worker that grew": (
        Class.MEMORY,
        replace(RIGHT, memory_beside_mb={"worker": 101.0 + LARGEST_GROWTH_MB}),
    ),
    "neighbours held up": (Class.SLOWED, replace(RIGHT, beside=Spread(310.0, 1_001.0))),
}


def test_nothing_is_found_where_all_is_right() -> None:
    assert audit(RIGHT) == []


@pytest.mark.parametrize("planted", PLANTS.values(), ids=PLANTS)
def test_what_is_wrong_is_found(planted: tuple[Class, World]) -> None:
    cls, world = planted
    assert {finding.cls for finding in audit(world)} == {cls}


def test_a_prompt_names_its_behaviour() -> None:
    assert [behaviour_of(prompt_of(name, 7)) for name in BEHAVIOURS] == list(BEHAVIOURS)
    assert behaviour_of("a lighthouse #7") is None


@pytest.mark.timeout(420)
def test_a_short_run_finds_nothing_but_what_depends_on_the_machine() -> None:
    """Every behaviour once. How much slower the neighbours are is the long form's to judge, on a quiet machine."""
    done = subprocess.run(
        [sys.executable, "-m", "proof.hostile", "--seconds=5", "--rounds=1", "--hostile-rate=4", "--json"],
        capture_output=True,
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    document = orjson.loads(done.stdout)
    assert document["hostile"] == len(BEHAVIOURS)
    assert document["asked_by_the_curious"] > 0
    assert [finding for finding in document["findings"] if finding["cls"] != Class.SLOWED] == []
