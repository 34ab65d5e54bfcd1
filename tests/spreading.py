"""How the tests are spread over several workers (`pytest --numprocesses`)."""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

SLOWEST_FIRST = ("proof", "acceptance", "javascript")
"""Folders of tests that wait for whole processes: begun first, or one worker would be left with them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the slowest to the front."""
    order = {folder: place for place, folder in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: order.get(_folder(item.path.relative_to(Path(__file__).parent)), len(order)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests measured (`record_property("measured", …)`): workers cannot print it themselves."""
    passed = [report for report in terminalreporter.getreports("passed") if report.when == "call"]
    measured = [text for report in passed for name, text in report.user_properties if name == "measured"]
    if measured:
        terminalreporter.section("measured")
        terminalreporter.write("".join(f"{line}\n" for line in measured))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "FilesTogether":
    """Our own scheduler: xdist's groups (3.8) name tests by an attribute that pytest 9.2 no longer has."""
    # By number, many short tests would go before the few long ones.
    config.option.loadscopereorder = False
    return FilesTogether(config, log)


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """A file stays together, for what it starts, it starts once; and all proofs do: each of them loads the whole
    machine, and two beside each other would measure one another.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "proof" if _folder(Path(file).relative_to("tests")) == "proof" else file


def _folder(file: Path) -> str:
    return file.parts[0]
