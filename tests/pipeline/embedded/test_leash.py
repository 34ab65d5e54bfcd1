import signal
import subprocess
import sys

import psutil
import pytest

from pipeline.embedded.leash import leashed
from tests.pipeline.embedded.conftest import all_gone

PARENT = """
import subprocess, sys, signal
from pipeline.embedded.leash import leashed
from tests.pipeline.embedded.conftest import STAND_INS
child = subprocess.Popen(leashed([sys.executable, str(STAND_INS / "wait.py")], signal.SIGTERM), start_new_session=True)
print("pid", child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="other systems have no leash; leftovers are ended at the next start"
)
def test_a_program_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        lines = sorted([parent.stdout.readline(), parent.stdout.readline()])  # the child's line may come first
        assert lines[1] == "waiting\n"
        child = psutil.Process(int(lines[0].split()[1]))
        parent.kill()
    assert all_gone([child])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no leash")
def test_a_parent_that_is_gone_already_is_noticed() -> None:
    command = leashed(["/bin/sh", "-c", "exit 7"], signal.SIGTERM)
    parent = command.index(str(psutil.Process().pid))
    command[parent] = "1" if psutil.Process().pid != 1 else "2"
    assert subprocess.run(command).returncode == 1
    assert subprocess.run(leashed(["/bin/sh", "-c", "exit 7"], signal.SIGTERM)).returncode == 7
