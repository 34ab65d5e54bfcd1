"""What the run's people did and what they were answered."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Book:
    """Filled while the run goes on; read by the audit."""

    alone_ms: list[float] = field(default_factory=list)
    """From the neighbours' POST to the answer with the picture, without the hostile."""
    beside_ms: list[float] = field(default_factory=list)
    """The same beside the hostile."""
    honest: list[str] = field(default_factory=list)
    """Ids of the neighbours' generations."""
    hostile: dict[str, str] = field(default_factory=dict)
    """Ids of the hostile generations, and the behaviour that each asks for."""
    refused: list[str] = field(default_factory=list)
    """Submissions that were not answered as they must be."""
    seen: list[str] = field(default_factory=list)
    """What the curious neighbour was shown of somebody else's."""
    asked: int = 0
    """How often that neighbour asked."""
    poison: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows written by SQL: whether the schema took each, and what was wrong with it."""
    odd_answers: Counter[str] = field(default_factory=Counter)
    """What odd requests were answered, by status."""
    wrong: list[str] = field(default_factory=list)
    """Odd requests that got a server error, or no answer."""
