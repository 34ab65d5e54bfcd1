from pathlib import Path

import pytest

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.procfile import read_procfile
from pipeline.embedded.program import command_of


def test_the_release_stands_apart_from_the_processes(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# ours\nrelease: make ready\nweb: serve --port 1\nclock: tick\n")
    procfile = read_procfile(tmp_path / "Procfile")
    assert procfile.release == "make ready"
    assert procfile.processes == {"web": "serve --port 1", "clock": "tick"}
    assert procfile.folder == tmp_path


def test_our_own_names_every_process() -> None:
    procfile = read_procfile()
    assert set(procfile.processes) == {"web", "worker", "clock", "painter"}
    assert procfile.release is not None


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: a\nweb: b\n")
    with pytest.raises(CannotStart, match="its own name"):
        read_procfile(tmp_path / "Procfile")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"There is no .*/Procfile"):
        read_procfile(tmp_path / "Procfile")


def test_a_command_is_found_on_the_processes_own_path(tmp_path: Path) -> None:
    (tmp_path / "serve").touch(mode=0o755)
    assert command_of("serve 'two words'", {"PATH": str(tmp_path)}) == [str(tmp_path / "serve"), "two words"]
    with pytest.raises(CannotStart, match="no `sevre` on PATH"):
        command_of("sevre", {"PATH": str(tmp_path)})
