"""What stands in a scene: painted on the ground at a given place."""

import numpy as np
from PIL import ImageDraw

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix
from pipeline.providers.painter.pictures.noise import Field
from pipeline.providers.painter.pictures.silhouettes.shapes import outline_mask
from pipeline.providers.painter.pictures.silhouettes.trees import tree_mask
from pipeline.providers.painter.pictures.words import Reading

LAND_SUBJECTS = frozenset({"house", "castle", "cat", "deer", "figure", "tree"})

TALL = {"house": 0.17, "castle": 0.30, "cat": 0.26, "deer": 0.24, "figure": 0.16, "tree": 0.42}
"""Heights in the picture's height, where the scene does not scale them."""

ORDER = ("castle", "tree", "house", "deer", "figure", "cat")
"""Painted from behind to before."""

WINDOW: Color = (1.0, 0.80, 0.42)
EYES: Color = (0.85, 0.95, 0.45)


def paint_on_land(canvas: Canvas, reading: Reading, light: Light, u: float, foot: float, scale: float = 1.0) -> None:
    """Paint the prompt's subjects side by side around (u, foot)."""
    present = [name for name in ORDER if name in reading.subjects]
    for index, name in enumerate(present):
        tall = TALL[name] * scale
        place = u + (index - (len(present) - 1) / 2) * 0.20 * scale
        if name == "tree":
            canvas.blend(light.ground, tree_mask(canvas, place, foot + 0.02, tall))
            continue
        mirrored = place > canvas.aspect / 2
        body = mix(light.ground, light.haze, 0.04)
        cover = outline_mask(canvas, name, place, foot + 0.008, tall, mirrored=mirrored)
        canvas.blend(body, cover)
        _rim(canvas, light, cover)
        if name in ("house", "castle"):
            _windows(canvas, name, place, foot, tall, mirrored=mirrored)
        if name == "cat":
            _eyes(canvas, place, foot + 0.008, tall)


def _rim(canvas: Canvas, light: Light, cover: Field) -> None:
    """A thin light along upper edges, where the sky shines round them."""
    step = max(1, canvas.height // 256)
    edge = np.clip(cover - np.roll(cover, step, axis=0), 0, 1)
    canvas.glow(light.horizon, edge * (0.45 if not light.dark else 0.65))


WINDOWS = {
    "house": ((-0.24, -0.30, 0.085, 0.10), (0.16, -0.30, 0.085, 0.10)),
    "castle": ((-0.02, -0.60, 0.016, 0.03), (-0.53, -0.30, 0.016, 0.03), (0.53, -0.34, 0.016, 0.03)),
}
"""Lit windows: middle, half width and half height in the building's height."""


def _windows(canvas: Canvas, name: str, u: float, foot: float, tall: float, *, mirrored: bool) -> None:
    side = -1.0 if mirrored else 1.0

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for x, y, half, high in WINDOWS[name]:
            at, level = u + side * x * tall, foot + y * tall
            sheet.rectangle(
                [
                    (at - half * tall) * unit,
                    (level - high * tall) * unit,
                    (at + half * tall) * unit,
                    (level + high * tall) * unit,
                ],
                fill=255,
            )

    canvas.blend(WINDOW, canvas.mask(draw) * 0.95)
    canvas.glow(WINDOW, 0.35 * np.exp(-canvas.distance(u, foot - tall * 0.3) / tall * 2.2))


def _eyes(canvas: Canvas, u: float, foot: float, tall: float) -> None:
    for side in (-1, 1):
        spot = canvas.distance(u + side * 0.062 * tall, foot - 0.805 * tall, flatten=0.8)
        canvas.blend(EYES, np.clip(1.4 - spot / (0.022 * tall), 0, 1))
