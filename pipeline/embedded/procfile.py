"""The Procfile: which processes make Darkroom, and what runs once before them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from honcho.environ import parse_procfile

from pipeline.embedded.errors import CannotStart

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Procfile:
    """A Procfile's lines by their names."""

    folder: Path
    """Where its processes run."""
    release: str | None
    """Runs to its end before the others start."""
    processes: Mapping[str, str]


def read_procfile(path: Path = CHECKOUT / "Procfile") -> Procfile:
    """Read a Procfile. Raises CannotStart when there is none, or it names a process twice."""
    try:
        processes = dict(parse_procfile(path.read_text()).processes)
    except FileNotFoundError:
        raise CannotStart(f"There is no {path}. Start Darkroom from a complete checkout.") from None
    except AssertionError as twice:  # how honcho's parser says it
        raise CannotStart(f"{path}: {twice}. Give each line its own name.") from None
    return Procfile(path.parent.absolute(), processes.pop("release", None), processes)
