"""One row's error is that row's, is logged once, and what says that a part is away is nobody's."""

import logging

import pytest

from pipeline.errors import Unreachable
from pipeline.row_errors import RowErrors


def test_the_others_go_on_and_the_log_says_it_once(caplog: pytest.LogCaptureFixture) -> None:
    errors, done = RowErrors("a loop"), list[str]()
    for _ in range(3):
        for row in ("a", "b", "c"):
            with errors.of(row):
                if row == "b":
                    raise RecursionError("too deep")
                done.append(row)
    assert done == ["a", "c"] * 3
    (said,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert said.getMessage() == "a loop: b failed; the others go on"


def test_an_outage_ends_the_loop() -> None:
    with pytest.raises(Unreachable), RowErrors("a loop").of("a"):
        raise Unreachable
