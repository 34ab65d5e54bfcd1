"""The audit of the old apps' channels finds what is planted, and nothing in what is right; and a small crowd holds."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from proof.realtime.audit import STEPS, WHOLE, audit
from proof.realtime.crowd import App

ONE, FOREIGN = "g-1", "g-2"
OWNERS = {ONE: "ada", FOREIGN: "bob"}


def told(**other: Any) -> App:
    """What an app was told where everything went well, but for this."""
    right = App(
        user="ada",
        library="x",
        submitted=[ONE],
        channels={ONE: [(status, "ada") for status in STEPS[1:]]},
        feed=[(ONE, event, status, "ada") for event, status in WHOLE],
        pictures=[(ONE, "INSERT", "ada")],
        foreign=[],
    )
    return right._replace(**other)


@pytest.mark.parametrize("from_step", range(len(STEPS)))
def test_nothing_is_found_where_everything_was_told(from_step: int) -> None:
    """A channel may begin late; from there on nothing is missing."""
    assert audit([told(channels={ONE: [(status, "ada") for status in STEPS[from_step:]]})], OWNERS) == []


@dataclass
class Plant:
    """Something wrong, and what is said of it."""

    app: App
    words: str


RIGHT = told()
PLANTS = {
    "a step is missing in the middle": Plant(
        told(channels={ONE: [("processing", "ada"), ("completed", "ada")]}), "channel of g-1 was told"
    ),
    "a step comes twice": Plant(told(channels={ONE: [("completed", "ada")] * 2}), "channel of g-1 was told"),
    "the end never comes": Plant(told(channels={ONE: [("processing", "ada")]}), "channel of g-1 was told"),
    "nothing ever comes": Plant(told(channels={ONE: []}), "channel of g-1 was told"),
    "a feed that lost one": Plant(told(feed=RIGHT.feed[1:]), "feed was told"),
    "a feed in another order": Plant(told(feed=RIGHT.feed[::-1]), "feed was told"),
    "no picture": Plant(told(pictures=[]), "0 pictures"),
    "a picture twice": Plant(told(pictures=RIGHT.pictures * 2), "2 pictures"),
    "the neighbour's": Plant(told(foreign=[{"id": FOREIGN}]), "a neighbour's"),
    "somebody else's in the feed": Plant(told(feed=[*RIGHT.feed, (FOREIGN, "INSERT", "queued", "bob")]), "bob's"),
    "somebody else's under a false name": Plant(told(pictures=[*RIGHT.pictures, (FOREIGN, "INSERT", "ada")]), "bob's"),
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_what_is_wrong_is_found(plant: Plant) -> None:
    (finding, *_) = audit([plant.app], OWNERS)
    assert plant.words in finding


def run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """The driver, as one calls it."""
    return subprocess.run([sys.executable, "-m", "proof.realtime", *arguments], capture_output=True)


@pytest.mark.timeout(180)
def test_a_small_crowd_is_told_everything_that_is_its_own() -> None:
    """Some twenty seconds: thirty apps with all three versions, on a Darkroom of their own."""
    done = run("--apps=30", "--generations=75", "--seconds=60")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert b"30 apps, 75 generations" in done.stdout


@pytest.mark.parametrize("wrong", [["--apps=1"], ["--apps=5", "--generations=4"]])
def test_usage(wrong: list[str]) -> None:
    assert run(*wrong).returncode == 2
