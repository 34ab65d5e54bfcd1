"""Watching: each transition once and in order, through drops, restarts and refusals."""

from contextlib import aclosing

import pytest

from api.client import Client, Event, Problem, Progress, Reset, Transition, Unreachable
from schema.wire.frames import CLOSE_DRAINING, CLOSE_SLOW, CLOSE_TOO_MANY
from tests.api.client.history import STAGES, generation
from tests.api.client.scripted_door import KEY, Plot, ScriptedDoor


def put(door: ScriptedDoor, row: dict[str, object]) -> str:
    id_ = str(row["id"])
    door.generations[id_] = row
    return id_


async def seen(client: Client, id_: str, after: int = 0) -> list[Event]:
    return [event async for event in client.watch(id_, after)]


def statuses(events: list[Event]) -> list[str]:
    return [event.status for event in events if isinstance(event, Transition)]


async def test_a_watch_shows_the_whole_timeline_and_ends(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation())
    events = await seen(client, id_)
    assert statuses(events) == list(STAGES)
    assert [event.version for event in events if isinstance(event, Transition)] == [1, 2, 3, 4]
    assert door.subscriptions == [
        {"type": "subscribe", "ref": "1", "topic": f"generation:{id_}", "after": None},
    ]


async def test_progress_comes_between_transitions(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation())
    progress = {"id": id_, "progress": 40, "position": None, "eta_seconds": 1.5, "eta_error_seconds": 0.5}
    door.plots.append(Plot(progress=(progress,)))
    events = await seen(client, id_)
    assert events[3] == Progress(id_, 40, None, 1.5, 0.5)


@pytest.mark.parametrize(
    "plot",
    [Plot(2, abort=True), *(Plot(2, close=code) for code in (1000, 1011, CLOSE_DRAINING, CLOSE_SLOW, CLOSE_TOO_MANY))],
    ids=lambda plot: str(plot.close),
)
async def test_a_lost_connection_comes_back_where_it_was(door: ScriptedDoor, client: Client, plot: Plot) -> None:
    id_ = put(door, generation())
    door.plots.append(plot)
    reasons: list[str] = []
    events = [event async for event in client.watch(id_, dropped=reasons.append)]
    assert statuses(events) == list(STAGES)
    assert [subscribe["after"] for subscribe in door.subscriptions] == [None, 2]
    assert len(reasons) == 1


@pytest.mark.parametrize("code", [CLOSE_DRAINING, CLOSE_TOO_MANY])
async def test_who_closes_before_it_has_said_anything_is_there_all_the_same(
    door: ScriptedDoor, client: Client, code: int
) -> None:
    id_ = put(door, generation())
    door.plots.append(Plot(mute=True, close=code))
    assert statuses(await seen(client, id_)) == list(STAGES)


async def test_a_connection_lost_before_anything_came_subscribes_from_the_start(
    door: ScriptedDoor, client: Client
) -> None:
    id_ = put(door, generation())
    door.plots.append(Plot(until=0, abort=True))
    assert statuses(await seen(client, id_)) == list(STAGES)
    assert [subscribe["after"] for subscribe in door.subscriptions] == [None, None]


async def test_nothing_is_shown_twice_when_the_server_repeats_itself(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation())
    door.plots += [Plot(until=3, abort=True), Plot(twice=True)]
    assert statuses(await seen(client, id_)) == list(STAGES)


async def test_a_failure_that_was_retried_does_not_end_the_watch(door: ScriptedDoor, client: Client) -> None:
    stages = ("queued", "processing", ("failed", "refused"), *STAGES)
    id_ = put(door, generation(*stages))
    events = await seen(client, id_)
    assert statuses(events) == ["queued", "processing", "failed", *STAGES]
    failed = events[2]
    assert isinstance(failed, Transition)
    assert failed.entry is not None
    assert failed.entry["why"] == "refused"


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_other_ends_end_it_too(door: ScriptedDoor, client: Client, status: str) -> None:
    id_ = put(door, generation("queued", status))
    assert statuses(await seen(client, id_)) == ["queued", status]


async def test_nothing_above_the_last_version_ends_at_once(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation())
    assert await seen(client, id_, after=4) == []
    assert statuses(await seen(client, id_, after=2)) == ["downloading", "completed"]


async def test_a_server_that_was_set_back_is_followed_from_the_start(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation())
    door.plots += [Plot(until=3, abort=True), Plot(resumed=False, twice=True)]
    events = await seen(client, id_)
    assert [event.version if isinstance(event, Transition) else event for event in events] == [
        *(1, 2, 3, Reset()),
        *(1, 2, 3, 4),
    ]


async def test_an_error_frame_is_an_exception(door: ScriptedDoor, client: Client) -> None:
    problem = {"type": "https://darkroom.invalid/nf", "title": "Not found", "status": 404, "detail": "not yours"}
    door.plots.append(Plot(problem=problem))
    with pytest.raises(Problem, match="Not found: not yours") as caught:
        await seen(client, "019a0000-0000-7000-8000-000000000000")
    assert caught.value.status == 404
    assert caught.value.document() == problem


@pytest.mark.parametrize(("code", "status"), [(4400, 400), (4401, 401), (4404, 404), (1009, 500)])
async def test_some_closes_are_the_last_word(door: ScriptedDoor, client: Client, code: int, status: int) -> None:
    id_ = put(door, generation())
    door.plots.append(Plot(until=1, close=code))
    with pytest.raises(Problem, match="by plan") as caught:
        await seen(client, id_)
    assert caught.value.status == status
    assert len(door.subscriptions) == 1


async def test_a_wrong_key_is_closed_with_4401(door: ScriptedDoor) -> None:
    async with Client(door.url, "wrong") as client:
        with pytest.raises(Problem, match="Unauthorized: unknown key"):
            await seen(client, put(door, generation()))


async def test_a_refused_handshake_is_a_problem(door: ScriptedDoor, client: Client) -> None:
    door.handshakes.append(403)
    with pytest.raises(Problem, match="Refused: by plan") as caught:
        await seen(client, put(door, generation()))
    assert caught.value.status == 403


async def test_a_restarting_server_is_tried_again(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation())
    await client.get(id_)
    door.handshakes += [503, 101]
    assert statuses(await seen(client, id_)) == list(STAGES)


async def test_nobody_there_is_said_at_once() -> None:
    async with ScriptedDoor().serving() as door:
        url = door.url
    async with Client(url, KEY) as client:
        with pytest.raises(Unreachable, match=r"make up.*DARKROOM_URL"):
            await seen(client, "019a0000-0000-7000-8000-000000000000")


async def test_a_server_that_stays_away_is_given_up(door: ScriptedDoor) -> None:
    id_ = put(door, generation())
    door.plots.append(Plot(until=1, close=1012))
    door.handshakes += [101, *[503] * 1_000]
    async with Client(door.url, KEY, patience=0.05) as client:
        with pytest.raises(Unreachable, match="Refused"):
            await seen(client, id_)


async def test_leaving_early_closes_the_connection(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation("queued", "processing"))
    async with aclosing(client.watch(id_)) as events:
        async for event in events:
            if isinstance(event, Transition) and event.status == "processing":
                break
    assert len(door.subscriptions) == 1


async def test_a_server_in_trouble_is_asked_again(door: ScriptedDoor, client: Client) -> None:
    id_ = put(door, generation())
    problem = {"type": "/problems/unavailable", "title": "No database", "status": 503, "detail": "for now"}
    door.plots += [Plot(until=2, problem=problem), Plot()]
    assert statuses(await seen(client, id_)) == list(STAGES)
