"""One model's page: which inputs it documents, and what its output looks like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.providers.painter.pages.inputs import Input
from pipeline.providers.painter.problems import InvalidField


@dataclass(frozen=True, slots=True)
class Page:
    """What a model takes and gives."""

    inputs: Mapping[str, Input]
    required: frozenset[str] = frozenset({"prompt"})
    single: bool = False
    """Whether its output is one address instead of a list."""
    ending: str = "webp"
    """Of its outputs, unless `output_format` says otherwise."""

    def complaints(self, given: Mapping[str, Any]) -> list[InvalidField]:
        """Everything that is wrong with an input, as Replicate lists it: what is missing, unknown, or out of bounds."""
        found: list[InvalidField] = [
            {"type": "required", "field": "input", "description": f"{name} is required"}
            for name in sorted(self.required - given.keys())
        ]
        for name, value in given.items():
            kind = self.inputs.get(name)
            if kind is None:
                what = f"is not an input of this model; it has {', '.join(sorted(self.inputs))}"
                found.append(_field("additional_property_not_allowed", name, what))
            elif complaint := kind.complaint(value):
                found.append(_field("invalid", name, complaint))
        return found


def _field(kind: str, name: str, description: str) -> InvalidField:
    return {"type": kind, "field": f"input.{name}", "description": description}
