"""The last touches on every picture: bloom, vignette, grain."""

import numpy as np
from PIL import Image, ImageFilter

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.noise import Field, smoothstep

SHRINK = 4
"""Bloom is blurred on a picture this many times smaller."""

GRAIN = 0.009


def finish(canvas: Canvas) -> Image.Image:
    """The finished picture as 8-bit RGB."""
    np.clip(canvas.pixels, 0, 1, out=canvas.pixels)
    _bloom(canvas)
    middle = canvas.distance(canvas.aspect / 2, 0.5)
    reach = np.hypot(canvas.aspect, 1) / 2
    canvas.pixels *= (1 - 0.30 * smoothstep(0.45, 1.08, middle / reach))[..., None]
    _curve(canvas)
    grain = canvas.rng("grain").standard_normal((canvas.height, canvas.width), dtype=np.float32)
    canvas.pixels += (grain * GRAIN)[..., None]
    return Image.fromarray((np.clip(canvas.pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def _bloom(canvas: Canvas) -> None:
    bright = np.clip(canvas.pixels - 0.62, 0, 1) * 1.5
    small = Image.fromarray((np.clip(bright, 0, 1) * 255).astype(np.uint8)).reduce(SHRINK)
    blurred = small.filter(ImageFilter.GaussianBlur(canvas.height / SHRINK * 0.022))
    light: Field = np.asarray(blurred.resize((canvas.width, canvas.height), Image.Resampling.BILINEAR), np.float32)
    canvas.pixels += light / 255 * 0.55 * (1 - canvas.pixels)


def _curve(canvas: Canvas) -> None:
    """A gentle S: a little more contrast and colour than the layers have by themselves."""
    x = np.clip(canvas.pixels, 0, 1)
    x += 0.18 * (x * x * (3 - 2 * x) - x)
    grey = x.mean(axis=2, keepdims=True)
    canvas.pixels = grey + (x - grey) * np.float32(1.10)
