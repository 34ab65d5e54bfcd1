"""A whole Darkroom for a proof: as many processes as were asked for, of the checkout under test, and none is left."""

import tempfile
from pathlib import Path

import aiohttp
import psutil
import pytest

from pipeline.embedded.procfile import CHECKOUT
from proof.hosting import hosted
from proof.stack import numbered


class NotHosted(Exception):
    """It did not run."""


async def test_two_gateways_and_two_workers_answer_and_end() -> None:
    with hosted(workers=2, gateways=2, failure=NotHosted, prefix="dr-", PAINTER_PREPARED="true") as house:
        assert house.gateways[0] == house.url
        assert len(set(house.gateways)) == 2
        for url in house.gateways:
            async with aiohttp.ClientSession(url) as http, http.get("/healthz") as answer:
                assert answer.status == 200
        assert {*numbered("web", 2), *numbered("worker", 2)} <= house.pids().keys()
        assert house.pid_of("web3") is None
        processes = [psutil.Process(await house.running(name)) for name in house.pids()]
        webs = [psutil.Process(house.pids()[name]) for name in numbered("web", 2)]
        assert {web.environ()["PYTHONPATH"] for web in webs} == {str(CHECKOUT)}
        assert {web.environ()["PORT"] for web in webs} == {url.rpartition(":")[2] for url in house.gateways}
    assert not house.home.parent.exists()
    assert not any(process.is_running() for process in processes)


def test_one_that_does_not_start_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    wrong = hosted(failure=NotHosted, prefix="dr-", MAX_PARALLEL_JOBS="many")
    with pytest.raises(NotHosted, match="MAX_PARALLEL_JOBS"), wrong:
        pytest.fail("it started")
    assert not [*tmp_path.iterdir()]
