"""The sea: sky and water, far coasts, a headland with what stands on it."""

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Light, mix
from pipeline.providers.painter.pictures.noise import Field, fbm, line, smoothstep
from pipeline.providers.painter.pictures.ridges import paint_ridge, ridge_line, valley_mist
from pipeline.providers.painter.pictures.silhouettes.lighthouse import paint_lighthouse
from pipeline.providers.painter.pictures.silhouettes.shapes import flock, outline_mask
from pipeline.providers.painter.pictures.sky import Sun, horizon_haze, paint_sky
from pipeline.providers.painter.pictures.subjects import LAND_SUBJECTS, paint_on_land
from pipeline.providers.painter.pictures.water import paint_water, soften_horizon
from pipeline.providers.painter.pictures.weather import paint_lightning, paint_weather
from pipeline.providers.painter.pictures.words import Reading

HORIZON = 0.60


def paint_sea(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the scene and what stands in it."""
    storm = "storm" in reading.weather
    sun = paint_sky(canvas, reading, light, HORIZON)
    horizon_haze(canvas, light, HORIZON, 0.45)
    coast = ridge_line(canvas, "coast", HORIZON + 0.005, 0.09, 1.0) + _falling(canvas, sun.u < canvas.aspect / 2)
    paint_ridge(canvas, "coast", coast, light, sun, 0.72, mist=0.6)
    paint_water(canvas, light, sun, HORIZON, rough=0.9 if storm else 0.30)
    soften_horizon(canvas, light, HORIZON)
    if storm and light.dark:
        paint_lightning(canvas, canvas.aspect - sun.u, 0.12, HORIZON)
    if "mist" in reading.weather:
        valley_mist(canvas, "sea mist", HORIZON, 0.06, light.haze, 0.8)
    if "boat" in reading.subjects:
        _boat(canvas, light, sun)
    if reading.subjects & (LAND_SUBJECTS | {"lighthouse"}):
        _headland(canvas, reading, light, sun)
    if "birds" in reading.subjects or not storm:
        size = 0.030 if "birds" in reading.subjects else 0.012
        birds = flock(canvas, canvas.aspect - sun.u, 0.28, size, 14 if "birds" in reading.subjects else 5)
        canvas.blend(light.ground, birds * 0.85)
    paint_weather(canvas, reading, light)


def _falling(canvas: Canvas, to_right: bool) -> Field:
    """Pushes a far coast under the water on the sun's side."""
    share = canvas.u[0] / canvas.aspect
    return 0.12 * smoothstep(0.35, 0.8, 1 - share if to_right else share)


def _boat(canvas: Canvas, light: Light, sun: Sun) -> None:
    u = sun.u + (canvas.aspect / 2 - sun.u) * 0.55
    foot, tall = HORIZON + 0.10, 0.21
    cover = outline_mask(canvas, "boat", u, foot, tall)
    canvas.blend(mix(light.ground, light.haze, 0.12), cover)
    # Its reflection: the same rows upside down, broken like the water around it.
    keel = int(foot * canvas.height)
    depth = min(canvas.height - keel, keel)
    fade = np.linspace(0.55, 0.0, depth, dtype=np.float32)[:, None]
    broken = 0.55 + 0.45 * fbm(canvas.rng("boat"), canvas.width, depth, 14, 3, stretch=5)
    mirrored = np.zeros_like(cover)
    mirrored[keel : keel + depth] = cover[keel - depth : keel][::-1] * fade * broken
    canvas.blend(mix(light.ground, light.zenith, 0.25), mirrored)


def _headland(canvas: Canvas, reading: Reading, light: Light, sun: Sun) -> None:
    left = sun.u > canvas.aspect / 2
    share = canvas.u[0] / canvas.aspect
    inland = 1 - share if left else share
    rough = line(canvas.rng("headland"), canvas.width, 5 * canvas.aspect, 6)
    rise = smoothstep(0.38, 0.84, inland)
    top = 1.04 - 0.40 * rise - 0.05 * (rough - 0.5) * (0.4 + rise)
    u = canvas.aspect * (0.23 if left else 0.77)
    foot = float(top[int(u * canvas.height)]) + 0.012
    if "lighthouse" in reading.subjects:
        # Before the rock, which then hides where the tower enters it.
        paint_lighthouse(canvas, light, sun, u, foot, 0.46)
    paint_ridge(canvas, "headland", top.astype(np.float32), light, sun, 0.06, mist=0.10)
    if "lighthouse" in reading.subjects:
        u += 0.17 if left else -0.17
        foot = float(top[int(np.clip(u * canvas.height, 0, canvas.width - 1))]) + 0.01
    paint_on_land(canvas, reading, light, u, foot, scale=0.8)
