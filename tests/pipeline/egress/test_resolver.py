"""A name whose server sleeps holds up nobody who asks for another."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from pipeline.egress.resolver import Resolver
from pipeline.errors import EgressRefused, EgressUnreachable

PATIENCE = 10.0


class Sleepy:
    """Stands at the system call: the name `sleepy` has no answer until it is woken, all others go to the system."""

    def __init__(self) -> None:
        self._ask = socket.getaddrinfo
        self.woken = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **asked: Any) -> Any:
        self.asked.append(host)
        if host == "sleepy":
            assert self.woken.wait(PATIENCE)
            raise socket.gaierror(socket.EAI_AGAIN, "the name server does not answer")
        return self._ask(host, port, **asked)


@pytest.fixture
def sleepy(monkeypatch: pytest.MonkeyPatch) -> Sleepy:
    stands_in = Sleepy()
    monkeypatch.setattr(socket, "getaddrinfo", stands_in)
    return stands_in


async def test_a_hundred_who_wait_for_one_name_hold_one_thread(sleepy: Sleepy) -> None:
    resolver = Resolver()
    waiting = [asyncio.create_task(resolver("sleepy", 443)) for _ in range(100)]
    async with asyncio.timeout(PATIENCE):
        assert await resolver("localhost", 443)
    gone, *others = waiting
    gone.cancel()  # the question is not only this one's
    sleepy.woken.set()
    for answer in await asyncio.gather(*others, return_exceptions=True):
        assert isinstance(answer, EgressUnreachable)
    assert sorted(sleepy.asked) == ["localhost", "sleepy"]


async def test_the_next_one_asks_anew(sleepy: Sleepy) -> None:
    resolver = Resolver()
    for _ in range(2):
        assert await resolver("localhost", 443)
    assert sleepy.asked == ["localhost"] * 2


@pytest.mark.parametrize("host", ["x" * 300, "a..b", "nothing.invalid"])
async def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises((EgressRefused, EgressUnreachable)):
        await Resolver()(host, 443)
