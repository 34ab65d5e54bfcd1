"""A whole Darkroom for each acceptance test, exactly as `make up` starts it, in a home of its own."""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.embedded.background import BackgroundStack
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.settings.painter import PainterSettings
from tests.conftest import settings_at

LEASE_SECONDS = 3.0
CAP = 6
"""Fewer slots than generations, so that rows stand in every status when something is killed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--kill-rounds 3` kills every process three times over."""
    parser.addoption("--kill-rounds", type=int, default=1, help="how often each process is killed")


@pytest.fixture
def house() -> Iterator[BackgroundStack]:
    """A running Darkroom with everything embedded."""
    with tempfile.TemporaryDirectory(prefix="dr-") as home:
        stack = Stack(
            settings_at(Path(home)),
            painter=PainterSettings(),
            env={
                "PAINTER_SECONDS": "1-3",
                "DARKROOM_LEASE_SECONDS": str(LEASE_SECONDS),
                "MAX_PARALLEL_JOBS": str(CAP),
                # One provider, which keeps a list: whatever is killed, every picture is developed.
                "FAL_KEY": "",
                "OPENAI_API_KEY": "",
            },
            voice=Voice(io.StringIO()),
        )
        running = BackgroundStack(stack)
        running.start()
        yield running
        running.stop()
