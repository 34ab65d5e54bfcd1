"""A prediction's log: the seed, then tqdm lines as image models on Replicate print them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

STEPS = 28
STEPS_MAX = 500
LINES = 8
"""A finished log has about this many progress lines, so that a webhook's body stays small."""

BAR = 10
EIGHTHS = " ▏▎▍▌▋▊▉"


def steps_of(given: Mapping[str, Any]) -> int:
    """The number of steps an input asks for."""
    asked = given.get("num_inference_steps")
    return asked if type(asked) is int and 1 <= asked <= STEPS_MAX else STEPS


def log(seed: int, steps: int, done: int, seconds: float) -> str:
    """The log after `done` of `steps` steps of a run that takes `seconds`, each line ended."""
    return f"Using seed: {seed}\n{_lines(steps, done, round(seconds, 1))}"


@lru_cache(maxsize=4096)
def _lines(steps: int, done: int, seconds: float) -> str:
    stride = max(1, steps // LINES)
    shown = [*range(0, done, stride), done]
    return "".join(_line(steps, step, max(seconds, 0.1)) for step in shown)


def _line(steps: int, step: int, seconds: float) -> str:
    full, eighth = divmod(step * BAR * 8 // steps, 8)
    bar = ("█" * full + (EIGHTHS[eighth] if full < BAR else "")).ljust(BAR)
    spent = seconds * step / steps
    rate = f"{steps / seconds:.2f}" if step else "?"
    left = f"{_clock(seconds - spent)}" if step else "?"
    return f"{100 * step // steps:3d}%|{bar}| {step}/{steps} [{_clock(spent)}<{left}, {rate}it/s]\n"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
