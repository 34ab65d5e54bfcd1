import os
from pathlib import Path

import pytest

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.ordinary import Ordinary
from pipeline.embedded.sockets import POSTGRES_SOCKET, socket_dir

DEEP = "a-folder-with-a-long-name/" * 4


def test_sockets_lie_in_the_home() -> None:
    home = Path("/tmp") / f"darkroom-test-{os.getpid()}"
    folder = socket_dir(home, Ordinary())
    assert folder == home / "run"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    home.rmdir()


def test_a_deep_home_gets_a_short_directory_always_the_same(tmp_path: Path) -> None:
    short = Path("/tmp") / f"darkroom-test-{os.getpid()}-short"
    folder = socket_dir(tmp_path / DEEP, Ordinary(), short)
    assert folder.parent == short
    assert len(os.fsencode(folder / POSTGRES_SOCKET)) <= 103
    assert folder.stat().st_mode & 0o777 == 0o700
    assert socket_dir(tmp_path / DEEP, Ordinary(), short) == folder
    assert socket_dir(tmp_path / DEEP / "other", Ordinary(), short) != folder
    for made in short.iterdir():
        made.rmdir()
    short.rmdir()


def test_a_link_that_somebody_laid_there_is_refused(tmp_path: Path) -> None:
    folder = socket_dir(tmp_path / DEEP, Ordinary(), tmp_path)
    folder.rmdir()
    (tmp_path / "trap").mkdir()
    folder.symlink_to(tmp_path / "trap")
    with pytest.raises(CannotStart, match="must be a directory of yours"):
        socket_dir(tmp_path / DEEP, Ordinary(), tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_somebody_elses_directory_is_refused(tmp_path: Path) -> None:
    os.chown(socket_dir(tmp_path / DEEP, Ordinary(), tmp_path), 65534, 65534)
    with pytest.raises(CannotStart, match="must be a directory of yours"):
        socket_dir(tmp_path / DEEP, Ordinary(), tmp_path)
