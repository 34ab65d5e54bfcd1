"""Weight: what an idle socket takes of a web process's memory, against a bare Starlette socket in the same run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import psutil

from proof.bench.failure import BenchFailed
from proof.bench.sockets.bare_server import bare_server
from proof.bench.sockets.remote import Remote
from proof.bench.sockets.rig import WEBSOCKET, Rig

WARM_UP = 200
"""Sockets that come and go before anything is weighed: what the first ones leave behind is no open socket's."""
SETTLE_SECONDS = 2.0
QUESTION = '{"type":"unsubscribe","topic":"queue"}'
OUR_ANSWER, BARE_ANSWER = "unsubscribed", "unsubscribe"
"""The bare server sends back what it hears."""


@dataclass(frozen=True)
class Weight:
    """One web process before and after its sockets were opened."""

    before_mb: float
    after_mb: float
    kb_a_socket: float
    opening_seconds: float
    answered: int
    """Sockets that still answered a frame afterwards."""


@dataclass(frozen=True)
class Weights:
    """Ours, each authenticated and following a generation of its own that was finished long ago; and bare ones."""

    sockets: int
    ours: Weight
    bare: Weight
    ratio: float


def measure_weight(rig: Rig, sockets: int, done: Callable[[str, int], None]) -> Weights:
    """Open so many sockets at a bare server and at our gateway, and leave them idle. Raises BenchFailed."""
    done("bare sockets", 0)
    with bare_server(rig.darkroom.home) as (url, process):
        anybody: dict[str, Any] = {"url": url, "path": "/", "keys": [None]}
        _come_and_go(rig.audience, BARE_ANSWER, **anybody)
        open_bare = partial(rig.audience.call, "open", **anybody, count=sockets)
        bare = _weigh(process, rig.audience, sockets, open_bare, BARE_ANSWER)
        rig.audience.call("leave", keep=0)
    done("our sockets", 0)
    keys, ids = rig.writer.call("enrol", users=sockets), rig.writer.call("finished", users=sockets)
    _come_and_go(rig.audience, OUR_ANSWER, url=rig.darkroom.url, path=WEBSOCKET, keys=keys)
    ours = _weigh(rig.gateway, rig.audience, sockets, partial(_open_and_follow, rig, keys, ids), OUR_ANSWER)
    done("done", sockets)
    for weight in (ours, bare):
        if weight.answered != sockets:
            raise BenchFailed(f"{weight.answered} of {sockets} sockets answered")
    return Weights(sockets, ours, bare, ours.kb_a_socket / bare.kb_a_socket)


def _come_and_go(audience: Remote, answer: str, **where: object) -> None:
    audience.call("open", **where, count=WARM_UP)
    audience.call("answers", frame=QUESTION, kind=answer)
    audience.call("leave", keep=0)
    time.sleep(SETTLE_SECONDS)


def _open_and_follow(rig: Rig, keys: list[str], ids: list[str]) -> None:
    rig.open(keys, len(ids))
    rig.audience.call("follow", topics=[(number, f"generation:{id_}") for number, id_ in enumerate(ids)], replayed=4)


def _weigh(
    process: psutil.Process, audience: Remote, sockets: int, open_them: Callable[[], None], answer: str
) -> Weight:
    before, begun = process.memory_info().rss, time.monotonic()
    open_them()
    seconds = time.monotonic() - begun
    time.sleep(SETTLE_SECONDS)
    after = process.memory_info().rss
    return Weight(
        before_mb=before / 2**20,
        after_mb=after / 2**20,
        kb_a_socket=(after - before) / 1024 / sockets,
        opening_seconds=seconds,
        answered=audience.call("answers", frame=QUESTION, kind=answer),
    )
