"""The old guide's SQL, as it is printed there: one statement a file, named after its step."""

from pathlib import Path


def step(name: str) -> str:
    """The statement of one step, such as `4.3-pending`."""
    return (Path(__file__).parent / f"{name}.sql").read_text()
