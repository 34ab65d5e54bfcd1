import fcntl
from pathlib import Path

import pytest

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.lock import Lock


def test_a_second_one_is_told_who_runs_and_how_to_run_beside(tmp_path: Path) -> None:
    first, second = Lock(tmp_path), Lock(tmp_path)
    first.take(8000)
    with pytest.raises(CannotStart, match=r"pid \d+, http://127.0.0.1:8000.*DARKROOM_HOME=.* PORT=8010 make up"):
        second.take(8000)
    first.release()
    second.take(8000)
    second.release()


def test_a_file_that_nobody_holds_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("pid 1, somewhere\n" * 9)
    lock = Lock(tmp_path)
    lock.take(8000)
    assert (tmp_path / "lock").read_text().count("\n") == 1
    lock.release()


def test_children_do_not_hold_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take(8000)
    with (tmp_path / "lock").open() as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.release()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
