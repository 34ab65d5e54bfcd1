"""The ledger: what was sold and what became of it, one JSON line a fact, append only.

A line is written before the answer that it backs is sent, so a painter killed at any moment has sold nothing
that its ledger does not know. The facts, each with `id` and `at` (seconds since the epoch):

    sold      model, version, input, webhook, events, seconds, deadline, faults
    started
    finished  status, error, outputs, prepared
    webhook   event, message (webhook-id), status (null: no answer), settled (nobody will send it again)
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

LEDGER_FILE = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver one webhook. `status` is the receiver's answer, None when there was none."""

    event: str
    message: str
    at: float
    status: int | None
    settled: bool


@dataclass(slots=True)
class Sold:
    """One sold prediction, folded from its facts. Times are seconds since the epoch."""

    id: str
    model: str
    version: str
    input: dict[str, Any]
    webhook: str | None
    events: list[str]
    seconds: float
    deadline: float | None
    faults: list[dict[str, Any]]
    created_at: float
    started_at: float | None = None
    completed_at: float | None = None
    status: str = "starting"
    error: str | None = None
    outputs: list[str] = field(default_factory=list)
    prepared: bool = False
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Nothing is left to tell the webhook."""
        return any(one.settled and one.event == "completed" for one in self.deliveries)

    def shown(self) -> dict[str, object]:
        """The prediction as plain values, for JSON."""
        return asdict(self)


class LedgerError(Exception):
    """The ledger cannot be opened or read."""


class Ledger:
    """The ledger of a running painter: it alone appends."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.path = home / LEDGER_FILE
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise LedgerError(
                f"Another painter works in {home}: stop it, or give this one another PAINTER_HOME."
            ) from None
        self._cut_torn_line()

    def append(self, fact: dict[str, object]) -> None:
        """Hand one fact to the operating system.

        One write of a short line to the page cache, some microseconds: it blocks the loop on purpose, because
        nothing may be answered before it is done.
        """
        line = orjson.dumps(fact) + b"\n"
        written = os.write(self._descriptor, line)
        if written < len(line):
            # A full disk takes a part of a line: take it back, or the next fact would join it.
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise OSError(errno.ENOSPC, f"the disk is full: make room for {self.path}")

    def close(self) -> None:
        """Close the file, which also gives up the lock."""
        os.close(self._descriptor)

    def _cut_torn_line(self) -> None:
        """Remove a last line that a crash of the machine left unfinished, or the next fact would join it."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self.path, whole)


def read_ledger(path: Path) -> list[Sold]:
    """What the ledger file says was sold, oldest first, also while a painter appends to it.

    A torn last line is skipped. Raises LedgerError when another line is no fact, OSError without a file.
    """
    sold: dict[str, Sold] = {}
    for number, line in enumerate(_whole_lines(path), start=1):
        try:
            fact = orjson.loads(line)
            FOLDS[fact["fact"]](sold, fact)
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise LedgerError(f"{path}, line {number} is no fact of this ledger: {error!r}.") from error
    return list(sold.values())


def _whole_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))


def _sold(sold: dict[str, Sold], fact: dict[str, Any]) -> None:
    terms = {key: value for key, value in fact.items() if key not in {"fact", "at"}}
    sold[fact["id"]] = Sold(created_at=fact["at"], **terms)


def _started(sold: dict[str, Sold], fact: dict[str, Any]) -> None:
    one = sold[fact["id"]]
    one.status, one.started_at = "processing", fact["at"]


def _finished(sold: dict[str, Sold], fact: dict[str, Any]) -> None:
    one = sold[fact["id"]]
    one.completed_at, one.status, one.error = fact["at"], fact["status"], fact["error"]
    one.outputs, one.prepared = fact["outputs"], fact["prepared"]


def _webhook(sold: dict[str, Sold], fact: dict[str, Any]) -> None:
    delivery = Delivery(fact["event"], fact["message"], fact["at"], fact["status"], fact["settled"])
    sold[fact["id"]].deliveries.append(delivery)


FOLDS = {"sold": _sold, "started": _started, "finished": _finished, "webhook": _webhook}
"""How each kind of fact changes what is known."""
