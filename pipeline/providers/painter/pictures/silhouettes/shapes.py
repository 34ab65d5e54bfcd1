"""Small silhouettes as outlines: points in a box that is 1 high, foot at v = 0, up is negative."""

import math

import numpy as np
from PIL import ImageDraw

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.noise import Field

Outline = tuple[tuple[float, float], ...]

OUTLINES: dict[str, tuple[Outline, ...]] = {
    "cat": (
        (
            (-0.24, 0.0), (-0.30, -0.10), (-0.30, -0.24), (-0.25, -0.38), (-0.17, -0.50), (-0.11, -0.58),
            (-0.10, -0.64), (-0.15, -0.71), (-0.17, -0.80), (-0.155, -0.99), (-0.145, -1.0), (-0.05, -0.90),
            (0.0, -0.905), (0.05, -0.90), (0.145, -1.0), (0.155, -0.99), (0.17, -0.80), (0.15, -0.71),
            (0.10, -0.64), (0.13, -0.56), (0.165, -0.44), (0.175, -0.30), (0.17, -0.15), (0.20, -0.02), (0.20, 0.0),
        ),
        (
            (0.10, 0.0), (0.27, -0.005), (0.40, -0.05), (0.475, -0.15), (0.47, -0.27), (0.41, -0.34), (0.36, -0.33),
            (0.36, -0.29), (0.41, -0.27), (0.425, -0.18), (0.375, -0.105), (0.28, -0.065), (0.15, -0.06),
        ),
    ),
    "figure": (
        (
            (-0.10, 0.0), (-0.085, -0.26), (-0.095, -0.45), (-0.155, -0.42), (-0.165, -0.56), (-0.125, -0.77),
            (-0.05, -0.82), (-0.07, -0.90), (-0.06, -0.96), (0.0, -1.0), (0.06, -0.96), (0.07, -0.90), (0.05, -0.82),
            (0.125, -0.77), (0.16, -0.56), (0.15, -0.42), (0.10, -0.45), (0.095, -0.26), (0.12, 0.0), (0.05, 0.0),
            (0.015, -0.36), (-0.03, 0.0),
        ),
        ((0.17, 0.0), (0.155, -0.68), (0.175, -0.68), (0.19, 0.0)),
    ),
    "deer": (
        (
            (-0.33, 0.0), (-0.345, -0.22), (-0.38, -0.36), (-0.37, -0.50), (-0.30, -0.57), (-0.08, -0.56),
            (0.10, -0.59), (0.17, -0.70), (0.19, -0.80), (0.145, -0.83), (0.20, -0.845), (0.25, -0.84), (0.36, -0.76),
            (0.355, -0.72), (0.27, -0.715), (0.25, -0.60), (0.20, -0.46), (0.16, -0.36), (0.165, -0.20), (0.16, 0.0),
            (0.125, 0.0), (0.12, -0.20), (0.085, -0.34), (-0.16, -0.34), (-0.24, -0.33), (-0.285, -0.22), (-0.29, 0.0),
        ),
        ((0.205, -0.83), (0.15, -0.92), (0.14, -1.0), (0.165, -0.93), (0.20, -0.89), (0.20, -0.98), (0.22, -0.88)),
        ((0.235, -0.83), (0.29, -0.90), (0.31, -1.0), (0.325, -0.92), (0.38, -0.95), (0.30, -0.86), (0.25, -0.82)),
    ),
    "boat": (
        ((-0.36, -0.11), (-0.29, 0.0), (0.27, 0.0), (0.38, -0.13)),
        ((-0.005, -0.11), (-0.005, -1.0), (0.012, -1.0), (0.012, -0.11)),
        ((0.03, -0.97), (0.14, -0.60), (0.31, -0.17), (0.03, -0.16)),
        ((-0.025, -0.86), (-0.13, -0.50), (-0.30, -0.17), (-0.025, -0.16)),
    ),
    "castle": (
        (
            (-0.62, 0.12), (-0.62, -0.40), (-0.44, -0.40), (-0.44, -0.30), (-0.24, -0.30), (-0.24, -0.56),
            (-0.10, -0.56), (-0.10, -0.72), (0.06, -0.72), (0.06, -0.36), (0.20, -0.36), (0.20, -0.50), (0.34, -0.50),
            (0.34, -0.28), (0.46, -0.28), (0.46, -0.44), (0.60, -0.44), (0.60, 0.12),
        ),
        ((-0.65, -0.40), (-0.53, -0.62), (-0.41, -0.40)),
        ((-0.13, -0.72), (-0.02, -1.0), (0.09, -0.72)),
        ((0.17, -0.50), (0.27, -0.70), (0.37, -0.50)),
        ((0.43, -0.44), (0.53, -0.62), (0.63, -0.44)),
        ((-0.27, -0.56), (-0.17, -0.74), (-0.07, -0.56)),
    ),
    "house": (
        ((-0.46, 0.0), (-0.46, -0.46), (0.46, -0.46), (0.46, 0.0)),
        ((-0.58, -0.43), (0.0, -0.92), (0.58, -0.43)),
        ((0.22, -0.60), (0.22, -0.98), (0.35, -0.98), (0.35, -0.50)),
    ),
}  # fmt: skip


def outline_mask(canvas: Canvas, name: str, u: float, foot: float, tall: float, *, mirrored: bool = False) -> Field:
    """The (h, w) coverage of a silhouette `tall` heights high standing at (u, foot)."""
    side = -1.0 if mirrored else 1.0

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for outline in OUTLINES[name]:
            points = smoothed(outline) if name in ROUNDED else outline
            sheet.polygon([((u + side * x * tall) * unit, (foot + y * tall) * unit) for x, y in points], fill=255)

    return canvas.mask(draw)


ROUNDED = frozenset({"cat", "figure", "deer"})
"""Living outlines are rounded, built ones keep their corners."""


def smoothed(outline: Outline, rounds: int = 2) -> list[tuple[float, float]]:
    """Cut the corners of a closed outline, twice (Chaikin)."""
    points = list(outline)
    for _ in range(rounds):
        following = points[1:] + points[:1]
        points = [
            (a[0] * (1 - share) + b[0] * share, a[1] * (1 - share) + b[1] * share)
            for a, b in zip(points, following, strict=True)
            for share in (0.22, 0.78)
        ]
    return points


def flock(canvas: Canvas, u: float, v: float, size: float, count: int) -> Field:
    """The (h, w) coverage of birds scattered around (u, v), wings up to `size` heights wide."""
    rng = canvas.rng("flock")

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for _ in range(count):
            x, y = u + rng.normal(0, 0.16), v + rng.normal(0, 0.06)
            half, tilt = size * rng.uniform(0.35, 1.0), rng.uniform(-0.25, 0.25)
            _bird(sheet, unit, x, y, half, tilt, rng)

    return canvas.mask(draw)


def _bird(
    sheet: ImageDraw.ImageDraw, unit: float, x: float, y: float, half: float, tilt: float, rng: np.random.Generator
) -> None:
    lift = half * rng.uniform(0.25, 0.6)
    for side in (-1, 1):
        arc = [(share, math.sin(share * math.pi * 0.75) * lift) for share in np.linspace(0, 1, 8)]
        upper = [(x + side * s * half, y - rise + side * s * half * tilt) for s, rise in arc]
        lower = [(px, py + half * 0.13 * (1 - s)) for (px, py), (s, _) in zip(upper, arc, strict=True)]
        sheet.polygon([(px * unit, py * unit) for px, py in upper + lower[::-1]], fill=255)
