"""The canvas: float32 pixels and the few ways to put colour on them."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from pipeline.providers.painter.pictures.light import Color
from pipeline.providers.painter.pictures.noise import Field

SUPERSAMPLE = 3
"""Silhouettes are drawn this many times larger and shrunk: Pillow's polygons have hard edges."""

Draw = Callable[[ImageDraw.ImageDraw, float], None]
"""Draws in units of the canvas's height; the number is how many pixels one unit has."""


class Canvas:
    """Pixels of shape (height, width, 3) in 0..1.

    Places are given in heights: `v` runs from 0 at the top to 1, `u` from 0 at the left to `aspect`, so that
    shapes keep their proportions in every format.
    """

    def __init__(self, width: int, height: int, key: str) -> None:
        self.width, self.height = width, height
        self.aspect = width / height
        self.pixels = np.zeros((height, width, 3), np.float32)
        self.v = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
        self.u = ((np.arange(width, dtype=np.float32) + 0.5) / height)[None, :]
        self._key = key

    def rng(self, layer: str) -> np.random.Generator:
        """The dice of one layer: the other layers' throws do not move with it."""
        digest = hashlib.blake2b(f"{self._key}\0{layer}".encode(), digest_size=16).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))

    def blend(self, color: Any, alpha: Any) -> None:
        """Lay colour over the pixels; `color` is a triple or an (h, w, 3) array, `alpha` a number or (h, w) array."""
        cover = np.asarray(alpha, np.float32)
        self.pixels += (np.asarray(color, np.float32) - self.pixels) * (cover[..., None] if cover.ndim else cover)

    def glow(self, color: Color, amount: Any) -> None:
        """Add light as a screen does, so that it never clips: `amount` is an (h, w) array of 0..1."""
        light = np.asarray(color, np.float32) * np.clip(np.asarray(amount, np.float32), 0, 1)[..., None]
        self.pixels += light * (1 - np.clip(self.pixels, 0, 1))

    def mask(self, draw: Draw) -> Field:
        """The (h, w) coverage in 0..1 of what `draw` draws in white, edges smoothed."""
        size = (self.width * SUPERSAMPLE, self.height * SUPERSAMPLE)
        sheet = Image.new("L", size, 0)
        draw(ImageDraw.Draw(sheet), self.height * SUPERSAMPLE)
        small = sheet.reduce(SUPERSAMPLE)
        return np.asarray(small, np.float32) / np.float32(255)

    def below(self, line: Any) -> Field:
        """The (h, w) coverage of everything below a line of v values, shape (width,), edge smoothed."""
        return np.clip((self.v - np.asarray(line, np.float32)) * self.height + 0.5, 0, 1)

    def distance(self, u: float, v: float, flatten: float = 1.0) -> Field:
        """Distance in heights of every pixel from a point; `flatten` above 1 makes the circles wide ellipses."""
        return np.hypot(self.u - np.float32(u), (self.v - np.float32(v)) * np.float32(flatten))
