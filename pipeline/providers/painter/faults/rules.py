"""The table of faults, and rules read against it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.providers.painter.problems import Problem

CREATE, RUN, WEBHOOK, OUTPUT = "create", "run", "webhook", "output"
"""Where a fault bites. Those of run and webhook are drawn at the sale and kept in the ledger; those of output are
drawn at every download, so that `times: 1` spoils the first try and lets the second through."""

ERROR_STATUSES = (500, 502, 503, 401, 402, 404, 422)
EVENTS = ("completed", "start", "output", "logs")
"""Which webhook a fault of that stage spoils; the terminal one unless `event` says otherwise."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a fault bites, and its own fields with their defaults."""

    stage: str
    fields: dict[str, Any]


FAULTS: dict[str, Fault] = {
    "error": Fault(CREATE, {"status": 500}),
    "throttle": Fault(CREATE, {"seconds": 30}),
    "hang": Fault(CREATE, {"seconds": 60.0}),
    "reset_before": Fault(CREATE, {}),
    "reset_after": Fault(CREATE, {}),
    "slow": Fault(RUN, {"seconds": 5.0}),
    "fail": Fault(RUN, {"message": "The painter was told to fail."}),
    "lost_webhook": Fault(WEBHOOK, {"event": "completed"}),
    "double_webhook": Fault(WEBHOOK, {"event": "completed"}),
    "late_webhook": Fault(WEBHOOK, {"event": "completed", "seconds": 5.0}),
    "forged_webhook": Fault(WEBHOOK, {"event": "completed"}),
    "reorder_webhook": Fault(WEBHOOK, {}),
    "corrupt_output": Fault(OUTPUT, {}),
    "truncated_output": Fault(OUTPUT, {}),
    "oversize_output": Fault(OUTPUT, {"bytes": 64 * 2**20}),
    "expired_output": Fault(OUTPUT, {}),
    "html_output": Fault(OUTPUT, {}),
    "slow_output": Fault(OUTPUT, {"seconds": 5.0}),
    "error_output": Fault(OUTPUT, {}),
}

SHARED: dict[str, Any] = {"probability": 1.0, "times": None, "prompt_contains": ""}
"""Fields every rule has, with their defaults; `times` None means without limit."""

CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "probability": (lambda value: _is_number(value) and 0 <= value <= 1, "a number from 0 to 1"),
    "times": (lambda value: value is None or (type(value) is int and value >= 1), "a whole number from 1"),
    "prompt_contains": (lambda value: isinstance(value, str), "a string"),
    "seconds": (lambda value: _is_number(value) and 0 <= value <= 3600, "seconds from 0 to 3600"),
    "status": (lambda value: value in ERROR_STATUSES, f"one of {', '.join(map(str, ERROR_STATUSES))}"),
    "message": (lambda value: isinstance(value, str), "a string"),
    "event": (lambda value: value in EVENTS, f"one of {', '.join(EVENTS)}"),
    "bytes": (lambda value: type(value) is int and 1 <= value <= 2**33, "a whole number from 1"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One dialled-in fault. `own` holds the fault's own fields, defaults included."""

    fault: str
    probability: float
    times: int | None
    prompt_contains: str
    own: dict[str, Any]

    @property
    def stage(self) -> str:
        """Where it bites."""
        return FAULTS[self.fault].stage

    def shown(self) -> dict[str, Any]:
        """The rule as JSON, readable by `read_rules`."""
        shared = {
            "probability": self.probability,
            "times": self.times,
            "prompt_contains": self.prompt_contains,
        }
        return {"fault": self.fault, **shared, **self.own}


def read_rules(given: object) -> tuple[Rule, ...]:
    """Rules from JSON. Raises Problem 422 that names the unknown fault, the unknown field or the wrong value."""
    if not isinstance(given, list):
        raise Problem(422, "Faults are a JSON list of rules.")
    return tuple(_read_rule(index, rule) for index, rule in enumerate(given))


def _read_rule(index: int, given: object) -> Rule:
    if not isinstance(given, dict):
        raise Problem(422, f"Rule {index} is not a JSON object.")
    name = given.get("fault")
    fault = FAULTS.get(name) if isinstance(name, str) else None
    if not isinstance(name, str) or fault is None:
        raise Problem(422, f"Rule {index}: unknown fault {name!r}. Known are {', '.join(FAULTS)}.")
    fields = SHARED | fault.fields
    for field, value in given.items():
        if field == "fault":
            continue
        if field not in fields:
            raise Problem(422, f"Rule {index}: {name} has no field {field!r}. It has {', '.join(fields)}.")
        holds, expected = CHECKS[field]
        if not holds(value):
            raise Problem(422, f"Rule {index}: {field} must be {expected}.")
    chosen = {field: given.get(field, default) for field, default in fields.items()}
    shared = {field: chosen.pop(field) for field in SHARED}
    return Rule(fault=name, own=chosen, **shared)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
