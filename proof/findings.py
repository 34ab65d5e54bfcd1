"""What an audit finds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

Class = TypeVar("Class", bound=StrEnum)


@dataclass(frozen=True)
class Finding(Generic[Class]):
    """One broken promise."""

    cls: Class
    about: str
    """A generation's id, a prediction's, a key or a door; what a person would look up."""
    says: str
    evidence: Any = None
    """Timeline, sales, frames, or what else shows it."""
