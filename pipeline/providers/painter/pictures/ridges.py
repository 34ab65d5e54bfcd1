"""Ridges one behind the other: mountains and hills, paler with distance."""

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix
from pipeline.providers.painter.pictures.noise import Field, fbm, line, smoothstep
from pipeline.providers.painter.pictures.sky import Sun

SNOW: Color = (0.93, 0.95, 0.99)


def ridge_line(canvas: Canvas, layer: str, base: float, height: float, cells: float, *, sharp: bool = True) -> Field:
    """The v of a ridge over the canvas's width: `base` at its lowest, at most `height` above it."""
    rng = canvas.rng(layer)
    rough = line(rng, canvas.width, cells * canvas.aspect, 7 if sharp else 2, 0.48 if sharp else 0.35)
    if sharp:
        # Folding noise at its middle makes crests; the smooth part keeps them from being a saw.
        crest = (1 - np.abs(2 * rough - 1)) ** 1.3
        rough = 0.62 * crest + 0.38 * line(rng, canvas.width, cells * 0.6 * canvas.aspect, 3)
    return np.float32(base) - np.float32(height) * rough


def paint_ridge(
    canvas: Canvas,
    layer: str,
    ridge: Field,
    light: Light,
    sun: Sun,
    distance: float,
    *,
    snow: float = 0.0,
    mist: float = 0.35,
) -> None:
    """One mountain range below `ridge`; `distance` 0 is near and dark, 1 far and the colour of the air.

    `snow` is how far down from the crest it lies, in heights; `mist` how much air fills the valley at its foot.
    """
    body = mix(light.ground, light.haze, 0.12 + 0.80 * distance)
    relief = _relief(canvas, layer, ridge, sun)
    # Far rock shows its gullies, near slopes are woods in shadow.
    contrast = 0.10 + 0.30 * np.clip(distance - 0.25, 0, 0.45)
    sunny = mix(body, light.sun, 0.45 if not light.dark else 0.22)
    color = np.asarray(body, np.float32) * (1 - contrast * (1 - relief))[..., None]
    color = color + (np.asarray(sunny, np.float32) - color) * (contrast * np.clip(relief - 0.45, 0, 1))[..., None]
    depth = canvas.v - ridge
    if snow > 0:
        edge = snow * (0.4 + 1.2 * relief)
        cap = smoothstep(edge + 0.02, edge - 0.02, depth) * (1 - 0.55 * distance)
        white = mix(mix(SNOW, light.horizon, 0.25), light.zenith, 0.30 if light.dark else 0.0)
        shaded = np.asarray(mix(white, light.zenith, 0.45), np.float32)
        lit = shaded + (np.asarray(white, np.float32) - shaded) * smoothstep(0.15, 0.75, relief)[..., None]
        color = color + (lit - color) * cap[..., None]
    air = np.clip(depth / 0.30, 0, 1) ** 0.9 * mist
    color = color + (np.asarray(light.haze, np.float32) - color) * air[..., None]
    canvas.blend(color, canvas.below(ridge))


def _relief(canvas: Canvas, layer: str, ridge: Field, sun: Sun) -> Field:
    """How much each spot of a slope faces the sun, 0..1: gullies run down from the crest."""
    rng = canvas.rng(layer + " relief")
    folds = fbm(rng, canvas.width, canvas.height, 7, 5, gain=0.55, stretch=0.6)
    # Shear the folds with the ridge, so that they follow its shape instead of lying over it.
    shift = ((ridge - ridge.mean()) * canvas.height * 0.9).astype(np.int32)
    rows = (np.arange(canvas.height)[:, None] - shift[None, :]) % canvas.height
    folds = np.take_along_axis(folds, rows, axis=0)
    step = max(1, canvas.height // 128)
    facing = -1.0 if sun.u < canvas.aspect / 2 else 1.0
    slope = (folds - np.roll(folds, step, axis=1)) * 128 / 16
    slope[:, :step] = slope[:, step : 2 * step]  # not across the picture's edge
    tilt = np.gradient(ridge) * canvas.height / max(1, canvas.height / 256)
    relief: Field = np.clip(0.5 + facing * (slope * 0.8 + np.clip(tilt, -1, 1)[None, :] * 0.16), 0, 1).astype(
        np.float32
    )
    return relief


def valley_mist(canvas: Canvas, layer: str, v: float, thickness: float, color: Color, strength: float) -> None:
    """A bank of mist lying at height `v`."""
    billow = fbm(canvas.rng(layer), canvas.width, canvas.height, 3, 5, stretch=3.5)
    around = (canvas.v - v + (billow - 0.5) * thickness * 1.6) / thickness
    canvas.blend(color, strength * np.exp(-(around**2)) * (0.45 + 0.55 * billow))
