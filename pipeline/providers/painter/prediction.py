"""One prediction, and how Replicate shows it."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Any

from pipeline.providers.painter.asked import is_single
from pipeline.providers.painter.faults.rules import Rule
from pipeline.providers.painter.moment import iso
from pipeline.providers.painter.progress import log, steps_of

TERMINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})
"""https://replicate.com/docs/topics/predictions/lifecycle"""

SINGLE_OUTPUT = ("1.1-pro", "imagen")
"""Models without a page whose output is one URL instead of a list, known by these parts of their names."""


@dataclass(slots=True, eq=False)
class Prediction:
    """A sold prediction. Times are seconds since the epoch, `seconds` is how long it runs besides painting."""

    id: str
    model: str
    version: str
    input: dict[str, Any] | None
    webhook: str | None
    events: frozenset[str]
    seconds: float
    deadline: float | None
    faults: tuple[Rule, ...]
    created: float
    started: float | None = None
    completed: float | None = None
    status: str = "starting"
    error: str | None = None
    outputs: list[str] = field(default_factory=list)
    """Names of the finished outputs, such as `0.png`."""
    prepared: bool = False
    """The outputs are the ready picture instead of files."""
    data_removed: bool = False
    run: asyncio.Task[None] | None = None
    posting: asyncio.Task[None] | None = None
    """The latest webhook under way; the next one waits for it, so that they arrive in order."""
    held: bytes | None = None
    """The start webhook's body while `reorder_webhook` keeps it behind the last one."""
    posted: float = 0.0
    """When the last output or logs webhook went out."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def terminal(self) -> bool:
        """No status follows this one."""
        return self.status in TERMINAL

    @property
    def prompt(self) -> str:
        """The input's prompt, empty when it has none or is removed."""
        prompt = (self.input or {}).get("prompt")
        return prompt if isinstance(prompt, str) else ""

    @property
    def seed(self) -> int:
        """The input's seed, else one that the id gives for good."""
        seed = (self.input or {}).get("seed")
        if type(seed) is int:
            return seed
        return int.from_bytes(hashlib.blake2b(self.id.encode(), digest_size=4).digest())

    def fault(self, name: str) -> Rule | None:
        """The rule of that fault which was drawn for this prediction."""
        return next((rule for rule in self.faults if rule.fault == name), None)

    def logs(self, now: float) -> str | None:
        """The log as it stands at `now`; None once the data is removed."""
        if self.data_removed or self.input is None:
            return None
        if self.started is None:
            return ""
        steps = steps_of(self.input)
        if self.status == "succeeded":
            done = steps
        else:
            # The last step is only claimed by success: progress must not stand at 100 % while painting.
            spent = (self.completed or now) - self.started
            done = min(steps - 1, int(steps * spent / max(self.seconds, 0.001)))
        return log(self.seed, steps, max(done, 0), self.seconds)

    def shown(self, origin: str, now: float, status: str | None = None) -> dict[str, object]:
        """The prediction object of https://replicate.com/docs/reference/http, with URLs at `origin`."""
        metrics: dict[str, float] = {}
        if self.completed is not None:
            if self.started is not None:
                metrics["predict_time"] = round(self.completed - self.started, 6)
            metrics["total_time"] = round(self.completed - self.created, 6)
        address = f"{origin}/v1/predictions/{self.id}"
        shown: dict[str, object] = {
            "id": self.id,
            "model": self.model,
            "version": self.version,
            "status": status or self.status,
            "input": self.input,
            "output": self._output(origin),
            "error": self.error,
            "logs": self.logs(now),
            "metrics": metrics,
            "created_at": iso(self.created),
            "started_at": iso(self.started),
            "completed_at": iso(self.completed),
            "data_removed": self.data_removed,
            "source": "api",
            "urls": {
                "get": address,
                "cancel": f"{address}/cancel",
                "web": f"{origin}/p/{self.id}",
            },
        }
        if self.deadline is not None:
            shown["deadline"] = iso(self.deadline)
        return shown

    def _output(self, origin: str) -> list[str] | str | None:
        if self.data_removed or not self.outputs:
            return None
        urls = [f"{origin}/outputs/{self.id}/{name}" for name in self.outputs]
        single = is_single(self.model)
        if single is None:
            single = any(part in self.model for part in SINGLE_OUTPUT)
        return urls[0] if single else urls
