"""The sky: graded light, sun or moon, stars, clouds, aurora."""

from dataclasses import dataclass

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, scale
from pipeline.providers.painter.pictures.noise import Field, fbm, look_up, smoothstep, tile
from pipeline.providers.painter.pictures.words import Reading

WHITE: Color = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the light comes from, sun or moon; `u`, `v` in heights."""

    u: float
    v: float


def paint_sky(canvas: Canvas, reading: Reading, light: Light, horizon: float) -> Sun:
    """Fill the canvas with sky down to `horizon` (a v) and below it, and say where the light comes from."""
    rng = canvas.rng("sky")
    sun = _sun_place(canvas, rng, light, horizon)
    _gradient(canvas, light, horizon)
    if light.dark and "storm" not in reading.weather:
        paint_stars(canvas, canvas.rng("stars"), horizon, 1.0)
        _milky_way(canvas, light, horizon)
    if "aurora" in reading.weather:
        _aurora(canvas, horizon)
    _glow_of_sun(canvas, light, sun)
    if "storm" not in reading.weather:
        _disc(canvas, reading, light, sun)
    _clouds(canvas, reading, light, sun, horizon)
    return sun


def _sun_place(canvas: Canvas, rng: np.random.Generator, light: Light, horizon: float) -> Sun:
    side = rng.uniform(0.24, 0.42) if rng.random() < 0.5 else rng.uniform(0.58, 0.76)
    return Sun(u=canvas.aspect * side, v=horizon * (1 - light.sun_height))


def _gradient(canvas: Canvas, light: Light, horizon: float) -> None:
    # A little noise bends the bands, or a large sky looks printed.
    bend = (fbm(canvas.rng("bands"), canvas.width, canvas.height, 1.5, 2, stretch=3) - 0.5) * 0.10
    height = np.clip(canvas.v / horizon + bend, 0, 1.15)
    stops = np.array([light.zenith, light.middle, light.horizon, light.haze], np.float32)
    places = np.array([0.0, 0.60, 0.97, 1.15], np.float32)
    for channel in range(3):
        canvas.pixels[..., channel] = np.interp(height, places, stops[:, channel])


def _glow_of_sun(canvas: Canvas, light: Light, sun: Sun) -> None:
    distance = canvas.distance(sun.u, sun.v, flatten=1.25)
    strength = 0.28 if light.dark else 0.55
    canvas.glow(light.sun, strength * np.exp(-distance * 3.2) + strength * 0.8 * np.exp(-distance * 11))


def _disc(canvas: Canvas, reading: Reading, light: Light, sun: Sun) -> None:
    large = "moon" in reading.subjects if light.dark else "sun" in reading.subjects
    radius = (0.085 if large else 0.045) if light.dark else (0.075 if large else 0.042)
    distance = canvas.distance(sun.u, sun.v)
    edge = 1.5 / canvas.height
    cover = smoothstep(radius + edge, radius - edge, distance)
    if not light.dark:
        canvas.blend(mix(light.sun, WHITE, 0.55), cover * 0.95)
        canvas.glow(light.sun, 0.9 * np.exp(-np.clip(distance - radius, 0, None) * 26))
        return
    seas = fbm(canvas.rng("moon"), canvas.width, canvas.height, 0.35 / radius, 4)
    face = 0.98 - 0.26 * smoothstep(0.45, 0.75, seas)
    canvas.blend(np.asarray(light.sun, np.float32) * face[..., None], cover)
    canvas.glow(light.sun, 0.45 * np.exp(-np.clip(distance - radius, 0, None) * 18))


def paint_stars(canvas: Canvas, rng: np.random.Generator, horizon: float, density: float) -> None:
    """Stars above `horizon`, thinner towards it; `density` 1 is a clear night."""
    count = int(1100 * density * canvas.aspect)
    u = rng.random(count) * canvas.aspect
    v = rng.random(count) ** 1.2 * horizon
    brightness = rng.random(count) ** 9 * 0.9 + 0.08
    warmth = rng.uniform(-0.12, 0.12, count)
    color = np.stack([1 + warmth, np.ones(count), 1 - warmth], axis=1)
    scale_up = canvas.height / 512
    for index in range(count):
        size = brightness[index]
        _dot(canvas, u[index], v[index], (0.40 + 0.65 * size * size) * scale_up, color[index] * size)


def _dot(canvas: Canvas, u: float, v: float, sigma: float, color: np.ndarray) -> None:
    """A small gaussian light at (u, v); `sigma` in pixels."""
    x, y = u * canvas.height, v * canvas.height
    reach = int(sigma * 3) + 1
    left, right = max(0, int(x) - reach), min(canvas.width, int(x) + reach + 1)
    top, low = max(0, int(y) - reach), min(canvas.height, int(y) + reach + 1)
    if left >= right or top >= low:
        return
    dx = np.arange(left, right, dtype=np.float32) + 0.5 - x
    dy = np.arange(top, low, dtype=np.float32) + 0.5 - y
    spot = np.exp(-(dx[None, :] ** 2 + dy[:, None] ** 2) / (2 * max(sigma, 0.4) ** 2))
    canvas.pixels[top:low, left:right] += spot[..., None] * color.astype(np.float32)


def _milky_way(canvas: Canvas, light: Light, horizon: float) -> None:
    rng = canvas.rng("milky way")
    slope = rng.uniform(0.5, 1.1) * rng.choice([-1, 1])
    middle = canvas.aspect * rng.uniform(0.35, 0.65)
    cloud = fbm(rng, canvas.width, canvas.height, 5, 6, gain=0.6)
    across = (canvas.u - middle - slope * (canvas.v - horizon * 0.4)) / np.hypot(1, slope)
    across = across + (cloud - 0.5) * 0.12
    band = np.exp(-((across / 0.13) ** 2)) * smoothstep(horizon, horizon * 0.5, canvas.v)
    dust = smoothstep(0.35, 0.75, fbm(rng, canvas.width, canvas.height, 9, 5, gain=0.6))
    amount = band * (0.13 + 0.62 * cloud * dust)
    canvas.glow(mix(light.sun, (0.62, 0.55, 0.95), 0.5), amount)


def _aurora(canvas: Canvas, horizon: float) -> None:
    rng = canvas.rng("aurora")
    wave = fbm(rng, canvas.width, canvas.height, 1.4, 3, stretch=1.2)
    rays = fbm(rng, canvas.width, canvas.height, 1.5, 6, gain=0.75, stretch=0.06)
    for base, color in ((0.62, (0.15, 0.95, 0.55)), (0.50, (0.20, 0.75, 0.85)), (0.36, (0.62, 0.30, 0.90))):
        foot = horizon * base + (wave - 0.5) * 0.42
        height = foot - canvas.v
        curtain = smoothstep(-0.02, 0.03, height) * np.exp(-np.clip(height, 0, None) * 5.5)
        canvas.glow(color, 0.75 * curtain * (0.25 + 0.75 * rays))


def _clouds(canvas: Canvas, reading: Reading, light: Light, sun: Sun, horizon: float) -> None:
    storm = "storm" in reading.weather
    rng = canvas.rng("clouds")
    noise = tile(rng, cells=4, octaves=7, gain=0.52)
    # Clouds lie in a plane overhead: the closer to the horizon, the farther away, the smaller and flatter.
    depth = np.clip(horizon - canvas.v, 0.0, None) + 0.10
    reach = np.float32(0.16) / depth
    across = (canvas.u - np.float32(canvas.aspect / 2)) * reach * 1.5 + np.float32(rng.random())
    away = reach * 1.15 + np.float32(rng.random())
    density = look_up(noise, across, away)
    shaded = look_up(noise, across + (sun.u - canvas.aspect / 2) * 0.015, away + np.float32(0.02))
    cover = rng.uniform(0.50, 0.60) if not storm else 0.20
    if light.dark and not storm:
        cover += 0.15
    alpha = smoothstep(cover, cover + (0.24 if not storm else 0.34), density)
    alpha = alpha * smoothstep(0.0, 0.09, horizon - canvas.v) * (0.92 if not light.dark else 0.7)
    lit = np.clip(0.5 + (density - shaded) * 3.0, 0, 1)
    near = np.exp(-canvas.distance(sun.u, sun.v, flatten=1.3) * 2.4)
    bright, dim = _cloud_colors(light, storm)
    color = (
        np.asarray(dim, np.float32)
        + (np.asarray(bright, np.float32) - np.asarray(dim, np.float32))
        * np.clip(lit * 0.75 + near * (0.55 if not storm else 0.75) - (0.15 if not storm else 0.36), 0, 1)[..., None]
    )
    canvas.blend(color, alpha)


def _cloud_colors(light: Light, storm: bool) -> tuple[Color, Color]:
    if light.dark:
        return scale(light.horizon, 1.15), scale(light.middle, 0.8)
    if storm:
        return mix(light.horizon, WHITE, 0.10), scale(mix(light.zenith, light.middle, 0.30), 0.50)
    return mix(light.horizon, WHITE, 0.40), mix(light.middle, light.haze, 0.35)


def horizon_haze(canvas: Canvas, light: Light, horizon: float, strength: float) -> None:
    """Bright air just above the horizon."""
    band: Field = np.exp(-((np.asarray(canvas.v, np.float32) - np.float32(horizon)) ** 2) / 0.0032)
    canvas.blend(light.horizon, np.broadcast_to(band * strength, (canvas.height, canvas.width)))
