"""The session's Swift, for every test of an S3 store: pytest_plugins = ["tests.swift.fixture"]."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.swift.server import PYTHON, SwiftServer, running, takes_attributes


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwiftServer]:
    """A running Swift with an empty account: endpoint_url, access_key, secret_key, region, and a guest."""
    if not PYTHON.exists():
        if sys.platform != "linux":
            pytest.skip("Swift publishes no build of PyECLib for this system: the S3 tests run on Linux")
        pytest.fail("Swift is not installed: run make test (or scripts/bootstrap.py --swift)", pytrace=False)
    root = tmp_path_factory.mktemp("swift")
    if takes_attributes(root):
        with running(root) as server:
            yield server
        return
    # An old kernel's tmpfs: the repository's own disk will do.
    with (
        tempfile.TemporaryDirectory(prefix="data-", dir=PYTHON.parents[1]) as directory,
        running(Path(directory)) as server,
    ):
        yield server
