"""Noise fields: value noise summed over octaves (fBm), as float32 arrays of shape (height, width) in 0..1."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]

TILE = 512
"""Side of a tile in pixels."""


def _stretched(lattice: Field, width: int, height: int, box: tuple[float, float, float, float]) -> Field:
    """Bicubic enlargement: Pillow does it in C, several times faster than the same sum in numpy."""
    return np.asarray(Image.fromarray(lattice).resize((width, height), Image.Resampling.BICUBIC, box=box))


def fbm(
    rng: np.random.Generator,
    width: int,
    height: int,
    cells: float,
    octaves: int = 5,
    gain: float = 0.5,
    stretch: float = 1.0,
) -> Field:
    """fBm with `cells` features down the height; `stretch` above 1 draws them out sideways."""
    total = np.zeros((height, width), np.float32)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        down = cells * 2**octave
        across = down * width / height / stretch
        if octave and down > height / 2:
            break
        lattice = rng.random((math.ceil(down) + 4, math.ceil(across) + 4), dtype=np.float32)
        total += weight * _stretched(lattice, width, height, (1.5, 1.5, 1.5 + across, 1.5 + down))
        norm += weight
        weight *= gain
    return spread(total / np.float32(norm))


def spread(field: Field) -> Field:
    """Sums of noise huddle around one half; draw them apart to fill 0..1."""
    drawn: Field = np.clip((field - np.float32(0.5)) * np.float32(1.9) + np.float32(0.5), 0, 1).astype(np.float32)
    return drawn


def tile(rng: np.random.Generator, cells: int = 4, octaves: int = 6, gain: float = 0.5) -> Field:
    """fBm of shape (TILE, TILE) that repeats without a seam, for `look_up`."""
    total = np.zeros((TILE, TILE), np.float32)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        count = cells * 2**octave
        wrapped = np.pad(rng.random((count, count), dtype=np.float32), 2, mode="wrap")
        total += weight * _stretched(wrapped, TILE, TILE, (2, 2, 2 + count, 2 + count))
        norm += weight
        weight *= gain
    return spread(total / np.float32(norm))


def look_up(field: Field, x: Any, y: Any) -> Field:
    """Read a tile at (x, y), one tile a unit, bilinear and repeating. The result has the shape of x and y."""
    column, row = np.broadcast_arrays(
        np.asarray(x, np.float32) * np.float32(TILE), np.asarray(y, np.float32) * np.float32(TILE)
    )
    left, top = np.floor(column), np.floor(row)
    right_share, low_share = column - left, row - top
    c0, r0 = left.astype(np.int32) % TILE, top.astype(np.int32) % TILE
    c1, r1 = (c0 + 1) % TILE, (r0 + 1) % TILE
    flat = field.ravel()
    upper = flat[r0 * TILE + c0] * (1 - right_share) + flat[r0 * TILE + c1] * right_share
    lower = flat[r1 * TILE + c0] * (1 - right_share) + flat[r1 * TILE + c1] * right_share
    found: Field = upper * (1 - low_share) + lower * low_share
    return found


def line(rng: np.random.Generator, width: int, cells: float, octaves: int = 6, gain: float = 0.5) -> Field:
    """fBm along one line, shape (width,), in 0..1."""
    place = np.linspace(0, cells, width, dtype=np.float32)
    total = np.zeros(width, np.float32)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        knots = rng.random(math.ceil(cells * 2**octave) + 2, dtype=np.float32)
        at = place * 2**octave
        low = at.astype(np.int32)
        share = at - low
        share = share * share * (3 - 2 * share)
        total += weight * (knots[low] * (1 - share) + knots[low + 1] * share)
        norm += weight
        weight *= gain
    return spread(total / np.float32(norm))


def smoothstep(low: Any, high: Any, value: Any) -> Field:
    """0 below `low`, 1 above `high`, an S between; with low > high it falls instead of rising."""
    share = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1).astype(np.float32)
    step: Field = share * share * (3 - 2 * share)
    return step
