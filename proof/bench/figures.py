"""Everything one run of the bench brought, and its JSON."""

from dataclasses import dataclass

import orjson

from proof.bench.machine import Machine
from proof.bench.marks import Mark
from proof.bench.results import Results


@dataclass(frozen=True)
class Figures:
    """What was measured, where, and which marks it reached."""

    machine: Machine
    results: Results
    marks: list[Mark]

    @property
    def all_held(self) -> bool:
        """Whether every mark was reached."""
        return all(mark.held for mark in self.marks)

    def as_json(self) -> bytes:
        """The document for programs, with each bench by its name; ends with a newline."""
        document = {"machine": self.machine, **vars(self.results), "marks": self.marks}
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
