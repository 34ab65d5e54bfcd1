"""A broad tree: branches that fork, and clouds of leaves at their ends."""

import math

import numpy as np
from PIL import ImageDraw

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.noise import Field

FORKS = 6


def tree_mask(canvas: Canvas, u: float, foot: float, tall: float, *, leaves: bool = True) -> Field:
    """The (h, w) coverage of a tree `tall` heights high whose trunk stands at (u, foot)."""
    rng = canvas.rng(f"tree {u:.4f}")

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        _branch(sheet, unit, rng, (u, foot), -math.pi / 2, tall * 0.30, tall * 0.035, FORKS, leaves=leaves)

    return canvas.mask(draw)


def _branch(
    sheet: ImageDraw.ImageDraw,
    unit: float,
    rng: np.random.Generator,
    start: tuple[float, float],
    angle: float,
    long: float,
    thick: float,
    forks: int,
    *,
    leaves: bool,
) -> None:
    x, y = start[0] + math.cos(angle) * long, start[1] + math.sin(angle) * long
    across = math.cos(angle + math.pi / 2), math.sin(angle + math.pi / 2)
    tip = thick * 0.72
    sheet.polygon(
        [
            ((start[0] + across[0] * thick / 2) * unit, (start[1] + across[1] * thick / 2) * unit),
            ((start[0] - across[0] * thick / 2) * unit, (start[1] - across[1] * thick / 2) * unit),
            ((x - across[0] * tip / 2) * unit, (y - across[1] * tip / 2) * unit),
            ((x + across[0] * tip / 2) * unit, (y + across[1] * tip / 2) * unit),
        ],
        fill=255,
    )
    if leaves and forks <= 2:
        for _ in range(9):
            radius = long * rng.uniform(0.12, 0.42)
            at = x + rng.normal(0, long * 0.55), y + rng.normal(0, long * 0.40)
            sheet.ellipse(
                [(at[0] - radius) * unit, (at[1] - radius) * unit, (at[0] + radius) * unit, (at[1] + radius) * unit],
                fill=255,
            )
    if forks == 0:
        return
    for side in (-1, 1):
        turn = side * rng.uniform(0.22, 0.62) + rng.normal(0, 0.08)
        _branch(sheet, unit, rng, (x, y), angle + turn, long * rng.uniform(0.66, 0.86), tip, forks - 1, leaves=leaves)
