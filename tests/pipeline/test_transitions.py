"""The table of transitions: total, reachable, drawn as it is, and the only writer of a status."""

import re
from pathlib import Path

import pytest

from pipeline.embedded.procfile import CHECKOUT
from pipeline.transitions import TRANSITIONS, IllegalTransition, move
from schema.migrations.migrate import statements
from schema.statuses import FINAL, Status


def test_every_status_can_be_reached() -> None:
    reached: set[Status] = set()
    while more := {t.target for t in TRANSITIONS if t.source is None or t.source in reached} - reached:
        reached |= more
    assert reached == set(Status)


def test_every_unfinished_status_can_be_left_and_a_final_one_only_by_its_owner() -> None:
    sources = {t.source for t in TRANSITIONS if t.source}
    assert sources == set(Status) - {Status.COMPLETED}
    assert {t.performers for t in TRANSITIONS if t.source in FINAL} == {("door",)}


def test_no_pair_stands_twice() -> None:
    pairs = [(t.source, t.target) for t in TRANSITIONS]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("source", list(Status))
@pytest.mark.parametrize("target", list(Status))
def test_move_writes_legal_pairs_only(source: Status, target: Status) -> None:
    if (source, target) in {(t.source, t.target) for t in TRANSITIONS}:
        assert f"status = '{target}'" in move(source, target)
    else:
        with pytest.raises(IllegalTransition):
            move(source, target)


def test_the_drawing_in_the_architecture_shows_this_table() -> None:
    drawing = (CHECKOUT / "ARCHITECTURE.md").read_text()
    drawn = re.findall(r"^\s*(\S+) --> (\w+): ([\w, ]+)$", drawing, re.MULTILINE)
    assert {(source, target, performers) for source, target, performers in drawn} == {
        (t.source or "[*]", t.target, ", ".join(t.performers)) for t in TRANSITIONS
    }


def test_only_the_table_writes_a_status() -> None:
    writers = [
        path
        for folder in ("pipeline", "actors", "api")
        for path in Path(CHECKOUT, folder).rglob("*.py")
        if re.search(r"SET\s+status\s*=", path.read_text())
    ]
    assert writers == []


def test_what_functions_in_the_database_write_is_what_the_table_says() -> None:
    claim = re.sub(r"\s+", " ", statements("claim"))
    began = move(Status.QUEUED, Status.PROCESSING, attempt="g.attempt_number + 1")
    # An entry that begins an attempt also names who is asked.
    began = began.replace("|| jsonb_build_object(", "|| jsonb_strip_nulls(jsonb_build_object(")
    assert began.removesuffix(")") + ", 'provider', of_provider, 'why', " in claim
    assert claim.count("status = 'processing', version") == 1
    refuse = re.sub(r"\s+", " ", statements("refuse_unpayable"))
    refused = move(Status.QUEUED, Status.FAILED, why="refused.why")
    assert refused.replace("jsonb_strip_nulls(", "", 1).removesuffix(")") in refuse
    assert refuse.count("status = 'failed', version") == 1
