"""Hot-air balloons, striped and lit from the sun's side."""

import numpy as np
from PIL import ImageDraw

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, scale
from pipeline.providers.painter.pictures.sky import Sun

CLOTHS: tuple[tuple[Color, Color], ...] = (
    ((0.86, 0.24, 0.20), (0.96, 0.82, 0.52)),
    ((0.16, 0.42, 0.62), (0.94, 0.90, 0.82)),
    ((0.94, 0.62, 0.20), (0.56, 0.18, 0.30)),
)
PLACES = ((0.60, 0.26, 0.13), (0.26, 0.40, 0.065), (0.82, 0.46, 0.040))
"""Of each balloon: its place across the picture's width, its v, its radius in heights."""


def paint_balloons(canvas: Canvas, light: Light, sun: Sun) -> None:
    """Three balloons, the smaller the farther."""
    for (across, v, radius), (one, other) in zip(PLACES, CLOTHS, strict=True):
        _balloon(canvas, light, sun, canvas.aspect * across, v, radius, one, other)


def _balloon(
    canvas: Canvas, light: Light, sun: Sun, u: float, v: float, radius: float, one: Color, other: Color
) -> None:
    def hull(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        points = []
        for angle in np.linspace(-np.pi, np.pi, 72):
            x, y = np.sin(angle), -np.cos(angle)
            pinch = 1 - 0.42 * max(0.0, y) ** 1.5
            points.append(((u + radius * x * pinch) * unit, (v + radius * (y + 0.22 * max(0.0, y))) * unit))
        sheet.polygon(points, fill=255)

    def basket(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        foot = v + radius * 1.52
        half = radius * 0.13
        sheet.rectangle([(u - half) * unit, foot * unit, (u + half) * unit, (foot + radius * 0.17) * unit], fill=255)
        for side in (-1, 1):
            rope = [
                (u + side * radius * 0.30) * unit,
                (v + radius * 1.13) * unit,
                (u + side * half) * unit,
                foot * unit,
            ]
            sheet.line(rope, fill=255, width=max(1, int(unit * 0.0018)))

    x = np.clip((canvas.u - np.float32(u)) / np.float32(radius), -1, 1)
    y = np.clip((canvas.v - np.float32(v)) / np.float32(radius), -1, 1)
    belly = np.sqrt(np.clip(1 - y**2 * 0.9, 0.05, 1))
    gore = np.clip(np.sin(np.arcsin(np.clip(x / belly, -1, 1)) * 9) * radius * canvas.height / 9 + 0.5, 0, 1)
    cloth = (
        np.asarray(other, np.float32) + (np.asarray(one, np.float32) - np.asarray(other, np.float32)) * gore[..., None]
    )
    lean = x * np.sign(sun.u - u) * 0.30 - y * 0.22
    level = 0.35 if light.dark else 0.90
    canvas.blend(cloth * (level * (0.80 + lean))[..., None], canvas.mask(hull))
    canvas.blend(mix(light.ground, scale(light.haze, 0.5), 0.3), canvas.mask(basket))
