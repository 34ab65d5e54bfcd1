"""The desert: dunes with a lit and a shadowed side, ripples in the sand."""

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, scale
from pipeline.providers.painter.pictures.noise import Field, fbm, line, smoothstep
from pipeline.providers.painter.pictures.ridges import paint_ridge, ridge_line
from pipeline.providers.painter.pictures.sky import Sun, horizon_haze, paint_sky
from pipeline.providers.painter.pictures.subjects import paint_on_land
from pipeline.providers.painter.pictures.weather import paint_weather
from pipeline.providers.painter.pictures.words import Reading

HORIZON = 0.60
SAND: Color = (0.88, 0.62, 0.38)
DUNES = ((0.645, 0.06, 2.4, 0.60), (0.71, 0.12, 2.0, 0.38), (0.83, 0.19, 1.6, 0.18), (1.02, 0.27, 1.3, 0.03))
"""Of each row of dunes: its foot, its height, its crests down the picture's height, its distance."""


def paint_desert(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the scene and what stands in it."""
    sun = paint_sky(canvas, reading, light, HORIZON)
    horizon_haze(canvas, light, HORIZON, 0.40)
    rocks = ridge_line(canvas, "rocks", HORIZON + 0.02, 0.09, 1.4)
    paint_ridge(canvas, "rocks", rocks, light, sun, 0.78, mist=0.5)
    for index, (foot, height, crests, distance) in enumerate(DUNES):
        crest = _dune(canvas, light, sun, f"dune {index}", foot, height, crests, distance)
        if index == len(DUNES) - 2:
            u = canvas.aspect * (0.30 if sun.u > canvas.aspect / 2 else 0.70)
            foot_v = float(crest[int(u * canvas.height)]) + 0.006
            paint_on_land(canvas, reading, light, u, foot_v, scale=0.7)
    paint_weather(canvas, reading, light)


def _dune(
    canvas: Canvas, light: Light, sun: Sun, layer: str, foot: float, height: float, crests: float, distance: float
) -> Field:
    rng = canvas.rng(layer)
    smooth = line(rng, canvas.width, crests * canvas.aspect, 2, 0.25)
    crest = np.float32(foot) - np.float32(height) * (0.25 + 0.75 * smooth)
    side = 1.0 if sun.u > canvas.aspect / 2 else -1.0
    depth = canvas.v - crest
    # The shadowed face starts at the crest and runs out on a bent line, as the slip face of a dune does.
    reach = depth / np.float32(height * 1.5)
    wander = fbm(rng, canvas.width, canvas.height, 1.2, 2)
    steps = (np.arange(canvas.width)[None, :] + side * depth * canvas.height * 1.5).astype(np.int32)
    slope = np.gradient(crest) * side
    slope = slope / (np.abs(slope).max() + 1e-6)
    facing = slope[np.clip(steps, 0, canvas.width - 1)]
    lit = smoothstep(-0.16, 0.16, facing + (wander - 0.5) * 0.25) * (1 - 0.25 * np.clip(reach, 0, 1))
    sand = scale(mix(SAND, light.horizon, 0.25), 0.42 if light.dark else 1.0)
    bright = np.asarray(mix(mix(sand, light.sun, 0.14), light.haze, distance * 0.8), np.float32)
    shade = scale(mix(sand, light.zenith, 0.55), 0.55)
    dark = np.asarray(mix(shade, light.haze, distance), np.float32)
    color = dark + (bright - dark) * lit[..., None]
    bend = fbm(rng, canvas.width, canvas.height, 3, 3)
    ripples = np.sin((canvas.v * (240 - 330 * (canvas.v - HORIZON)) + bend * 16 + canvas.u * 7 * side) * 1.0)
    strength = 0.055 * (1 - distance) * smoothstep(0.0, 0.05, depth)
    color = color * (1 + (ripples * strength)[..., None])
    rim = np.exp(-((depth / 0.004) ** 2)) * 0.30 * (1 - distance)
    color = color + (np.asarray(mix(sand, light.sun, 0.5), np.float32) - color) * rim[..., None]
    canvas.blend(color, canvas.below(crest))
    return crest
