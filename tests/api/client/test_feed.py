"""Feeds: where they go on, what they drop, and when they begin anew; with a server that does as it is told."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from api.client import Client, Event, Problem, Progress, Transition, Unreachable
from schema.wire.frames import CLOSE_SLOW
from tests.api.client.history import generation, transition_frame
from tests.api.client.scripted_door import KEY, Plot, ScriptedDoor

ROW = generation("queued", "processing", "downloading")
STAGES = ("queued", "processing", "downloading")


def frames(*versions: int, cursor: str | None) -> tuple[dict[str, object], ...]:
    """Transition frames on the feed, all with the same cursor."""
    entries = [ROW["timeline"][version - 1] for version in versions]
    return tuple({**transition_frame(ROW, entry), "topic": "generations", "cursor": cursor} for entry in entries)


async def until(events: AsyncGenerator[Event, None], version: int) -> list[Event]:
    """Read on until a transition to this version."""
    read: list[Event] = []
    async with aclosing(events):
        async for event in events:
            read.append(event)
            if isinstance(event, Transition) and event.version == version:
                return read
    raise AssertionError("the feed has ended")


def told(events: list[Event]) -> list[int | str | None]:
    """Versions, and the names of what is no transition."""
    return [event.version if isinstance(event, Transition) else type(event).__name__ for event in events]


def afters(door: ScriptedDoor) -> list[object]:
    return [subscribe["after"] for subscribe in door.subscriptions]


async def test_it_goes_on_behind_the_last_cursor_and_drops_what_comes_twice(door: ScriptedDoor, client: Client) -> None:
    door.plots += [
        Plot(frames=frames(1, 2, cursor="h:1"), cursor="h:1", abort=True),
        Plot(frames=frames(1, 2, 3, cursor="h:2")),
    ]
    events = await until(client.feed(), 3)
    assert told(events) == [1, 2, 3]
    assert afters(door) == [None, "h:1"]


@pytest.mark.parametrize("after", [None, "h:1"])
async def test_what_broke_off_in_its_beginning_is_asked_for_again(
    door: ScriptedDoor, client: Client, after: str | None
) -> None:
    door.plots += [
        Plot(frames=frames(1, cursor="h:2"), cursor="h:2", whole=False, abort=True),
        Plot(frames=frames(1, 2, cursor="h:3"), cursor="h:3", abort=True),
        Plot(frames=frames(3, cursor="h:4"), cursor="h:4"),
    ]
    events = await until(client.feed(after), 3)
    assert told(events) == [1, 2, 3]
    assert afters(door) == [after, after, "h:3"]


async def test_the_cursors_of_a_beginning_hold_for_its_last_frame_only(door: ScriptedDoor, client: Client) -> None:
    door.plots.append(Plot(frames=frames(1, 2, 3, cursor="h:2"), cursor="h:2"))
    events = await until(client.feed("h:1"), 3)
    assert [event.cursor for event in events if isinstance(event, Transition)] == ["h:1", "h:1", "h:2"]


async def test_a_server_without_a_cursor_yet_takes_none_away(door: ScriptedDoor, client: Client) -> None:
    door.plots += [
        Plot(frames=frames(1, cursor="h:1"), cursor="h:1", abort=True),
        Plot(frames=frames(2, cursor=None), abort=True),
        Plot(frames=frames(3, cursor=None)),
    ]
    assert told(await until(client.feed(), 3)) == [1, 2, 3]
    assert afters(door) == [None, "h:1", "h:1"]


@pytest.mark.parametrize("after", [None, "h:0"])
async def test_what_cannot_be_resumed_is_a_reset(door: ScriptedDoor, client: Client, after: str | None) -> None:
    door.plots += [
        Plot(frames=frames(1, 2, cursor="h:1"), cursor="h:1", abort=True),
        Plot(frames=frames(1, 2, 3, cursor="i:1"), cursor="i:1", resumed=False),
    ]
    assert told(await until(client.feed(after), 3)) == [1, 2, "Reset", 1, 2, 3]


async def test_a_cursor_of_yesterday_may_begin_with_a_reset(door: ScriptedDoor, client: Client) -> None:
    door.plots.append(Plot(frames=frames(1, cursor="i:1"), cursor="i:1", resumed=False))
    assert told(await until(client.feed("h:1"), 1)) == ["Reset", 1]


async def test_a_replay_that_is_too_much_is_given_up_for_a_snapshot(door: ScriptedDoor, client: Client) -> None:
    door.plots += [
        *[Plot(whole=False, close=CLOSE_SLOW)] * 2,
        Plot(frames=frames(1, cursor="h:9"), cursor="h:9"),
    ]
    assert told(await until(client.feed("h:1"), 1)) == ["Reset", 1]
    assert afters(door) == ["h:1", "h:1", None]


async def test_too_slow_now_and_then_is_resumed(door: ScriptedDoor, client: Client) -> None:
    door.plots += [
        Plot(whole=False, close=CLOSE_SLOW),
        Plot(frames=frames(1, cursor="h:2"), cursor="h:2", close=CLOSE_SLOW),
        Plot(whole=False, close=CLOSE_SLOW),
        Plot(frames=frames(2, cursor="h:3"), cursor="h:3"),
    ]
    assert told(await until(client.feed("h:1"), 2)) == [1, 2]
    assert afters(door) == ["h:1", "h:1", "h:2", "h:2"]


async def test_progress_comes_between(door: ScriptedDoor, client: Client) -> None:
    progress = {"type": "progress", "topic": "generations", "id": ROW["id"], "progress": None}
    waiting = {**progress, "position": 3, "eta_seconds": 12.0, "eta_error_seconds": 4.0}
    door.plots.append(Plot(frames=(*frames(1, cursor="h:1"), waiting, *frames(2, cursor="h:1")), cursor="h:1"))
    events = await until(client.feed(), 2)
    assert events[1] == Progress(ROW["id"], None, 3, 12.0, 4.0)


async def test_a_cursor_that_is_none_is_refused(door: ScriptedDoor, client: Client) -> None:
    problem = {"type": "/problems/invalid-frame", "title": "No", "status": 400, "detail": "after: by plan"}
    door.plots.append(Plot(problem=problem))
    with pytest.raises(Problem, match="by plan"):
        await until(client.feed("yesterday"), 1)


async def test_a_server_that_stays_away_is_given_up(door: ScriptedDoor) -> None:
    door.plots.append(Plot(frames=frames(1, cursor="h:1"), cursor="h:1", abort=True))
    door.handshakes += [101, *[503] * 1_000]
    async with Client(door.url, KEY, patience=0.05) as client:
        with pytest.raises(Unreachable, match="Refused"):
            await until(client.feed(), 2)
