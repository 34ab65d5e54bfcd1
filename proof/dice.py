"""Dice that follow from a seed, so that a run can be made the same again."""

from random import Random


def dice_of(seed: int, *of: object) -> Random:
    """Dice for one part of a run, independent of every other part's."""
    return Random("/".join(map(str, (seed, *of))))
