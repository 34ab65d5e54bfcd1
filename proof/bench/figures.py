"""Everything one run of the bench brought, and its JSON."""

from dataclasses import dataclass

import orjson

from proof.bench.flight import Flight
from proof.bench.idle import Idle
from proof.bench.machine import Machine
from proof.bench.marks import Mark
from proof.bench.throughput import Throughput


@dataclass(frozen=True)
class Figures:
    """What was measured, where, and which marks it reached. None: not asked for."""

    machine: Machine
    idle: Idle | None
    throughput: Throughput | None
    flight: Flight | None
    marks: list[Mark]

    @property
    def all_held(self) -> bool:
        """Whether every mark was reached."""
        return all(mark.held for mark in self.marks)

    def as_json(self) -> bytes:
        """The document for programs; ends with a newline."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
