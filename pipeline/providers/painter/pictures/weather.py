"""What falls through the air in front of everything: rain, lightning, snow."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix
from pipeline.providers.painter.pictures.words import Reading

FLASH: Color = (0.86, 0.88, 1.0)


def paint_weather(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Rain in a storm, flakes in snow; nothing in fair weather."""
    if "storm" in reading.weather:
        _rain(canvas, light)
    if "snow" in reading.weather:
        _snow(canvas, light)


def paint_lightning(canvas: Canvas, u: float, top: float, foot: float) -> None:
    """One forked flash from (u, top) down to `foot`, with its light on the air."""
    rng = canvas.rng("lightning")

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        forks = [(u, top, foot, 0.0030)]
        while forks:
            x, y, end, thick = forks.pop()
            while y < end:
                to_x, to_y = x + rng.normal(0, 0.016), y + rng.uniform(0.010, 0.026)
                sheet.line([x * unit, y * unit, to_x * unit, to_y * unit], fill=255, width=max(1, int(thick * unit)))
                x, y = to_x, to_y
                if thick > 0.002 and rng.random() < 0.10:
                    forks.append((x, y, min(end, y + 0.16), 0.0013))

    bolt = canvas.mask(draw)
    soft = Image.fromarray((bolt * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(canvas.height * 0.016))
    canvas.glow(FLASH, np.asarray(soft, np.float32) / 255 * 2.2)
    canvas.glow(FLASH, 0.34 * np.exp(-canvas.distance(u, (top + foot) / 2, flatten=0.6) * 4.5))
    canvas.blend((1.0, 1.0, 1.0), bolt)


def _rain(canvas: Canvas, light: Light) -> None:
    rng = canvas.rng("rain")

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for _ in range(int(420 * canvas.aspect)):
            u, v = rng.random() * (canvas.aspect + 0.3) - 0.1, rng.random() * 1.1 - 0.1
            long = rng.uniform(0.02, 0.07)
            sheet.line(
                [u * unit, v * unit, (u - long * 0.22) * unit, (v + long) * unit],
                fill=int(rng.uniform(40, 150)),
                width=max(1, int(unit * 0.0012)),
            )

    canvas.blend(mix(light.horizon, (1.0, 1.0, 1.0), 0.3), canvas.mask(draw) * 0.30)


def _snow(canvas: Canvas, light: Light) -> None:
    rng = canvas.rng("snow")

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for _ in range(int(420 * canvas.aspect)):
            u, v = rng.random() * canvas.aspect, rng.random()
            radius = 0.0009 + 0.0045 * rng.random() ** 4
            sheet.ellipse(
                [(u - radius) * unit, (v - radius) * unit, (u + radius) * unit, (v + radius) * unit],
                fill=int(rng.uniform(110, 255)),
            )

    canvas.blend(mix((0.95, 0.96, 1.0), light.haze, 0.15), canvas.mask(draw) * 0.75)
