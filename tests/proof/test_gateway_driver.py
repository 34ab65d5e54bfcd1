"""The gateway's audit finds what is planted in made-up worlds, and nothing in right ones; and the short form holds."""

import subprocess
import sys
from dataclasses import replace
from random import Random

import orjson
import pytest

from proof.gateway.audit.audit import AUDITS, audit
from proof.gateway.audit.findings import Class
from proof.gateway.audit.world import World
from proof.gateway.clients.carried import Carried
from proof.gateway.clients.drops import plan
from proof.gateway.clients.hearing import Hearing
from proof.gateway.clients.record import Record
from proof.gateway.faults.schedule import END_ALL, KILLS, kinds_of
from proof.gateway.options import FORMS, Options
from tests.proof.gateway_worlds import ALICE, ONE, RIGHT, WRONG, single, subscribed, world


def found_in(made_up: World) -> list[Class]:
    """The classes of everything the audits find."""
    return [finding.cls for one in AUDITS for finding in one(made_up)]


@pytest.mark.parametrize("right", RIGHT.values(), ids=RIGHT)
def test_nothing_is_found_in_a_right_world(right: World) -> None:
    assert found_in(right) == []


@pytest.mark.parametrize(("cls", "wrong"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(cls: Class, wrong: World) -> None:
    assert cls in found_in(wrong)


def test_a_topic_that_was_never_confirmed_and_a_frame_that_nobody_asked_for_are_found() -> None:
    (record,) = world().records
    assert found_in(World({}, [replace(record, wanted=["queue"])], world().book)) == [Class.UNANSWERED]
    assert found_in(World({}, [replace(record, unasked=["a frame"])], world().book)) == [Class.UNASKED]


def test_a_run_in_which_too_little_happened_or_was_heard_is_no_proof() -> None:
    options = Options(seed=1, clients=4, transitions=4, disconnects=1, kills=1, restarts=1, seconds=1)
    mute = {finding.about for finding in audit(world(), options) if finding.cls == Class.LITTLE}
    assert mute == {"forced disconnects", "listeners ended", "restarts", "transitions heard"}
    heard = {finding.about for finding in audit(world(subscribed(ONE, single(1, 2, 3, 4))), options)}
    assert "transitions heard" not in heard


@pytest.mark.parametrize("kills", range(1, 60))
def test_as_many_listeners_are_ended_as_were_asked_for(kills: int) -> None:
    kinds = kinds_of(kills)
    assert sum(KILLS[kind] for kind in kinds) == kills
    assert kills < 4 or END_ALL in kinds


@pytest.mark.parametrize("count", range(12))
def test_as_many_disconnects_are_planned_as_were_asked_for(count: int) -> None:
    drops = plan(Random(count), count)
    assert sum(1 if drop.cut_after is None else 2 for drop in drops) == count


def test_frames_are_sorted_into_the_subscriptions_that_they_belong_to() -> None:
    record, carried = Record(1, ALICE), Carried()
    hearing = Hearing(record, carried)
    generation = {"id": "g1", "user_id": "alice", "batch_id": None, "version": 2}
    frame = {"type": "transition", "topic": "generations", "id": "g1", "status": "queued", "at": "t"}

    def hear(**said: object) -> None:
        hearing.hear(orjson.dumps(said))

    hear(**frame, version=1, cursor="h:1", generation=generation)
    assert len(record.unasked) == 1
    first = orjson.loads(hearing.ask("generations", None))
    hear(type="subscribed", ref=first["ref"], topic="generations", resumed=False, cursor="h:1")
    hear(**frame, version=1, cursor="h:2", generation=generation)
    again = orjson.loads(hearing.ask("generations", "h:2"))
    hear(**frame, version=2, cursor="h:3", generation=generation)
    hear(type="subscribed", ref=again["ref"], topic="generations", resumed=True, cursor="h:4")
    hear(**frame, version=2, cursor="h:5", generation=generation)
    old, new = record.subscriptions
    assert ([one.version for one in old.heard], old.alive) == ([1, 2], False)
    assert ([one.version for one in new.heard], new.alive, new.resumed) == ([2], True, True)
    assert carried.of("generations") == ["h:1", "h:2", "h:3", "h:4", "h:5"]
    hear(type="unsubscribed", ref=None, topic="generations")
    hear(**frame, version=3, cursor="h:6", generation=generation)
    assert (new.alive, len(record.unasked)) == (False, 2)


@pytest.mark.timeout(300)
def test_the_short_form_finds_nothing() -> None:
    """Some fifty seconds: sixty clients, two gateways, and everything that can befall them."""
    run = subprocess.run([sys.executable, "-m", "proof.gateway", "--json", "--form=short"], capture_output=True)
    assert run.returncode == 0, run.stdout.decode() + run.stderr.decode()
    document = orjson.loads(run.stdout)
    form = FORMS["short"]
    assert document["found"] == dict.fromkeys(Class, 0)
    assert sum(document["disconnects"].values()) >= form["disconnects"]
    assert document["done"]["listeners ended"] == form["kills"]
    assert document["transitions"] >= form["transitions"]
    assert document["frames"] > document["transitions"]


@pytest.mark.parametrize("wrong", [["--form=sun"], ["--clients=0"], ["--kills=-1"]])
def test_usage(wrong: list[str]) -> None:
    run = subprocess.run([sys.executable, "-m", "proof.gateway", *wrong], capture_output=True)
    assert run.returncode == 2
