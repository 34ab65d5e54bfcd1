"""Aspect ratios: what `16:9` means for a model that takes a size, or one of several shapes."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from pipeline.errors import Invalid
from pipeline.models.sheet import Field, Shape

if TYPE_CHECKING:
    from pipeline.models.recipe import Recipe

NEAR = 0.02
"""By how much a shape may be off the ratio that was asked for: a side of some pixels cannot have every ratio."""
_FINEST = 16
"""The larger number of a ratio in words, at most."""
_STEP = 8
"""Pixels; the sides of models that name no step of their own."""


def ratios_of(shape: Shape) -> tuple[str, ...]:
    """The ratios that a model with so many shapes takes, in words."""
    return tuple(dict.fromkeys(choice if ":" in choice else _in_words(choice) for choice in shape.choices))


def size_of(recipe: "Recipe", model_id: str, ratio: str, *, forgiving: bool) -> tuple[int, int]:
    """Width and height in pixels that `ratio` means: as many pixels as the model's default size has, within its limits.

    Raises Invalid for a ratio that is none of the model's; `forgiving`: the nearest is taken.
    """
    wanted = _quotient(ratio)
    if recipe.shape is not None:
        chosen = min(recipe.shape.choices, key=lambda choice: _off(_quotient(choice), wanted))
        if not forgiving and _off(_quotient(chosen), wanted) > 1 + NEAR:
            raise Invalid("aspect_ratio", f"{model_id} takes {', '.join(ratios_of(recipe.shape))}; not {ratio}")
        wanted = _quotient(chosen)
    width, height = _sides(recipe, wanted)
    if not forgiving and _off(width / height, wanted) > 1 + NEAR:
        raise Invalid("aspect_ratio", f"{model_id} makes no picture as long as {ratio}; give width and height instead")
    return width, height


def _sides(recipe: "Recipe", wanted: float) -> tuple[int, int]:
    across, down = recipe.fields["width"], recipe.fields["height"]
    pixels = float(across.default or 1024) * float(down.default or 1024)
    width, height = math.sqrt(pixels * wanted), math.sqrt(pixels / wanted)
    if recipe.tiers is not None:
        # A step goes by the longer side: the ratio alone shall not ask for the next one.
        scale = math.sqrt(pixels) / max(width, height)
        width, height = width * scale, height * scale
    shrunk = min(1.0, (across.maximum or width) / width, (down.maximum or height) / height)
    return _nearest(width * shrunk, across.multiple_of, across), _nearest(height * shrunk, down.multiple_of, down)


def _nearest(side: float, step: int | None, field: Field) -> int:
    return int(field.nearest(max(1, round(side / (step or _STEP))) * (step or _STEP)))


def _quotient(ratio: str) -> float:
    across, down = ratio.replace("x", ":").split(":")
    return float(across) / float(down)


def _off(ratio: float, wanted: float) -> float:
    return max(ratio / wanted, wanted / ratio)


def _in_words(size: str) -> str:
    across, down = map(int, size.split("x"))
    nearest = Fraction(min(across, down), max(across, down)).limit_denominator(_FINEST)
    ends = (nearest.denominator, nearest.numerator) if across > down else (nearest.numerator, nearest.denominator)
    return f"{ends[0]}:{ends[1]}"
