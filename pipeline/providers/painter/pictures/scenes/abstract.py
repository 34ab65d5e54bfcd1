"""No scene in the words: folded veils of colour, noise warped by noise."""

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, turned
from pipeline.providers.painter.pictures.noise import Field, fbm, look_up, smoothstep, tile
from pipeline.providers.painter.pictures.words import Reading

SCHEMES: tuple[tuple[Color, ...], ...] = (
    ((0.05, 0.06, 0.18), (0.12, 0.30, 0.52), (0.24, 0.66, 0.70), (0.98, 0.84, 0.60), (0.94, 0.42, 0.34)),
    ((0.08, 0.03, 0.16), (0.36, 0.12, 0.46), (0.86, 0.28, 0.48), (0.99, 0.66, 0.42), (1.00, 0.93, 0.74)),
    ((0.03, 0.10, 0.12), (0.06, 0.32, 0.32), (0.36, 0.62, 0.44), (0.92, 0.86, 0.58), (0.98, 0.96, 0.88)),
    ((0.06, 0.05, 0.10), (0.24, 0.18, 0.42), (0.40, 0.44, 0.80), (0.74, 0.78, 0.96), (1.00, 0.86, 0.80)),
    ((0.10, 0.04, 0.05), (0.46, 0.12, 0.10), (0.88, 0.40, 0.14), (0.99, 0.78, 0.36), (0.36, 0.66, 0.68)),
)
"""Five colours each, from the depths of a fold to its crest."""


def paint_abstract(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the whole canvas."""
    rng = canvas.rng("abstract")
    scheme = SCHEMES[int(rng.integers(len(SCHEMES)))]
    colors = [turned(color, reading.turn * 2) for color in scheme]
    if reading.tint is not None:
        colors = [mix(color, reading.tint, 0.35) for color in colors]
    height, slope = _folds(canvas, rng)
    place = np.linspace(0, 1, len(colors), dtype=np.float32)
    for channel in range(3):
        canvas.pixels[..., channel] = np.interp(height, place, [color[channel] for color in colors])
    # Lit from the upper left like cloth: crests catch the light, folds lie in shadow.
    canvas.pixels *= (1 + np.clip(slope, -0.5, 0.5) * 0.9)[..., None]
    canvas.glow(light.sun, 0.32 * smoothstep(0.16, 0.70, slope))
    dust = fbm(rng, canvas.width, canvas.height, 2, 3)
    canvas.glow(colors[-1], 0.16 * smoothstep(0.55, 0.95, dust))


def _folds(canvas: Canvas, rng: np.random.Generator) -> tuple[Field, Field]:
    """The height of the folded cloth in 0..1, and how much it leans to the light."""
    noise = tile(rng, cells=3, octaves=5, gain=0.38)
    turn = rng.uniform(0, np.pi)
    x = (canvas.u * np.float32(np.cos(turn)) - canvas.v * np.float32(np.sin(turn))) * np.float32(0.52)
    y = (canvas.u * np.float32(np.sin(turn)) + canvas.v * np.float32(np.cos(turn))) * np.float32(0.34)
    first = look_up(noise, x + 0.13, y + 0.71)
    second = look_up(noise, x + 0.57, y + 0.29)
    third = look_up(noise, x + 0.42 * (first - 0.5), y + 0.42 * (second - 0.5))
    height = look_up(noise, x + 0.55 * (third - 0.5), y + 0.40 * (first - 0.5) + 0.3)
    veins = 0.5 + 0.5 * np.sin((height * 2.2 + third * 1.3) * np.float32(2 * np.pi))
    folds = 0.66 * height + 0.34 * veins * third
    # Spread evenly, so that every colour of the scheme covers a like share of every picture.
    share = np.linspace(0, 1, 33)
    ranks = np.quantile(folds[::4, ::4], share)
    even = 0.55 * np.interp(folds, ranks, share) + 0.45 * (folds - ranks[0]) / (ranks[-1] - ranks[0])
    down, across = np.gradient(even.astype(np.float32))
    slope = -(down + across) * np.float32(canvas.height / 26)
    return even.astype(np.float32), slope.astype(np.float32)
