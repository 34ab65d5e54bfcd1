import os
import socket
from collections.abc import Iterator

import pytest

from pipeline.embedded import ports
from pipeline.embedded.errors import CannotStart
from pipeline.embedded.ports import any_free_port, demand, free_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_refused_with_its_holder_and_a_way_out(taken: int) -> None:
    with pytest.raises(CannotStart, match=rf"Port {taken} is taken by pid {os.getpid()} \(.*PORT=\d+ make up"):
        demand(taken, "PORT")


def test_a_free_port_is_fine(port: int) -> None:
    demand(port, "PORT")


def test_the_painter_takes_its_port_or_another(port: int, taken: int) -> None:
    assert free_port(port, besides=taken) == port
    assert free_port(taken, besides=port) not in (taken, port)
    assert free_port(65536, besides=65535) < 65535


def test_any_free_port_is_neither_a_taken_one_nor_one_besides(
    port: int, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = any_free_port(port)
    monkeypatch.setattr(ports, "QUIET", (taken, port, spare))
    assert {any_free_port(port) for _ in range(50)} == {spare}
