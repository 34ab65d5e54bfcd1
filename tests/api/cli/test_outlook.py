"""What progress says, in words; and where it is shown."""

from io import StringIO

import pytest
from rich.console import Console

from api.cli.live_stage import LiveStage
from api.cli.outlook import estimate, ordinal, outlook
from api.client import Progress, Transition
from tests.api.cli.conftest import Darkroom
from tests.api.client.history import generation, transition_frame
from tests.api.client.scripted_door import Plot, ScriptedDoor


def progress(
    percent: float | None = None, position: int | None = None, eta: float | None = None, error: float | None = None
) -> Progress:
    return Progress("an-id", percent, position, eta, error)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        *[(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (10, "10th")],
        *[(11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (112, "112th"), (1_203, "1,203rd")],
    ],
)
def test_places(number: int, said: str) -> None:
    assert ordinal(number) == said


@pytest.mark.parametrize(
    ("eta", "error", "said"),
    [
        (None, None, ""),
        (None, 4.0, ""),
        (12.4, 4.1, "about 12 s ± 4 s"),
        (1.14, 0.4, "about 1.1 s ± 0.4 s"),
        (12.4, None, "about 12 s"),
        (0.0, 0.0, "about 0.0 s ± 0.0 s"),
        (89.0, 20.0, "about 89 s ± 20 s"),
        (300.0, 62.0, "about 5 min ± 1 min"),
        (9_000.0, 1_800.0, "about 2.5 h ± 0.5 h"),
    ],
)
def test_estimates(eta: float | None, error: float | None, said: str) -> None:
    assert estimate(progress(eta=eta, error=error)) == said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (progress(position=3, eta=12.4, error=4.1), "3rd in line, about 12 s ± 4 s"),
        (progress(position=3), "3rd in line"),
        (progress(eta=12.4, error=4.1), "about 12 s ± 4 s"),
        (progress(), ""),
    ],
)
def test_outlooks(told: Progress, said: str) -> None:
    assert outlook(told) == said


@pytest.mark.parametrize(
    ("stage", "told", "shown"),
    [
        ("queued", progress(position=3, eta=12.4, error=4.1), "3rd in line, about 12 s ± 4 s"),
        ("processing", progress(percent=40, eta=1.14, error=0.4), "40 % about 1.1 s ± 0.4 s"),
        ("processing", progress(percent=40), "40 %"),
    ],
)
def test_the_live_stage_shows_it(stage: str, told: Progress, shown: str) -> None:
    row = generation(stage)
    transition = Transition.from_frame(transition_frame(row, row["timeline"][0]), 1)
    console = Console(file=StringIO(), width=120)
    console.print(LiveStage().draw(transition, told, None, 0.0))
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().rstrip().endswith(shown)


async def test_lines_say_it_once_a_stage(door: ScriptedDoor, darkroom: Darkroom) -> None:
    row = generation("queued", "failed")
    door.generations[row["id"]] = row
    waiting = {"id": row["id"], "progress": None, "eta_error_seconds": 4.1}
    door.plots.append(
        Plot(
            progress=(
                {**waiting, "position": None, "eta_seconds": 20.0},
                {**waiting, "position": 3, "eta_seconds": 12.4},
                {**waiting, "position": 2, "eta_seconds": 8.0},
            )
        )
    )
    ended = await darkroom("watch", row["id"])
    assert ended.err == "", ended
    assert ended.out.splitlines()[1:-1] == ["             3rd in line, about 12 s ± 4 s"]
