"""Firs along a line."""

import numpy as np
from PIL import ImageDraw

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.noise import Field


def fir_row(canvas: Canvas, layer: str, ground: Field, height: float, gap: float = 0.33) -> Field:
    """The (h, w) coverage of the ground and of firs up to `height` tall on it.

    `ground` is its v per column, `gap` the distance of two firs as a share of `height`.
    """
    rng = canvas.rng(layer)

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        u = -height * rng.random()
        while u < canvas.aspect + height:
            tall = height * rng.uniform(0.45, 1.0) ** 1.3
            column = int(np.clip(u * canvas.height, 0, canvas.width - 1))
            _fir(sheet, unit, rng, u, float(ground[column]), tall)
            u += height * gap * rng.uniform(0.25, 1.9)

    return np.maximum(canvas.mask(draw), canvas.below(ground))


def _fir(sheet: ImageDraw.ImageDraw, unit: float, rng: np.random.Generator, u: float, foot: float, tall: float) -> None:
    top = foot - tall
    sheet.rectangle([(u - tall * 0.018) * unit, top * unit, (u + tall * 0.018) * unit, (foot + tall) * unit], fill=255)
    whorls = int(9 + tall * 40)
    for index in range(whorls):
        share = (index + 0.6) / whorls
        reach = tall * 0.21 * share**0.85 * rng.uniform(0.75, 1.15)
        v = top + tall * 0.96 * share
        droop = tall * 0.055
        for side in (-1.0, 1.0):
            tip = u + side * reach * rng.uniform(0.85, 1.1)
            branch = [
                (u * unit, (v - tall * 0.07) * unit),
                (tip * unit, (v + droop) * unit),
                (u * unit, (v + tall * 0.012) * unit),
            ]
            sheet.polygon(branch, fill=255)
