"""Space: a nebula, stars in it, and mostly a planet."""

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, turned
from pipeline.providers.painter.pictures.noise import Field, look_up, smoothstep, tile
from pipeline.providers.painter.pictures.sky import paint_stars
from pipeline.providers.painter.pictures.words import Reading

GASES: tuple[tuple[Color, Color], ...] = (
    ((0.90, 0.24, 0.46), (0.16, 0.42, 0.86)),
    ((0.98, 0.56, 0.26), (0.34, 0.20, 0.66)),
    ((0.20, 0.76, 0.72), (0.52, 0.20, 0.70)),
)
SURFACES: tuple[tuple[Color, Color], ...] = (
    ((0.88, 0.66, 0.44), (0.52, 0.30, 0.24)),
    ((0.46, 0.66, 0.86), (0.16, 0.24, 0.50)),
    ((0.72, 0.80, 0.74), (0.26, 0.42, 0.44)),
)


def paint_space(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the whole canvas."""
    rng = canvas.rng("space")
    canvas.blend((0.008, 0.010, 0.028), 1.0)
    warm, cold = (turned(gas, reading.turn * 2) for gas in GASES[int(rng.integers(len(GASES)))])
    if reading.tint is not None:
        warm = mix(warm, reading.tint, 0.6)
    _nebula(canvas, rng, warm, cold)
    paint_stars(canvas, rng, 1.0, 1.5)
    _bright_stars(canvas, rng)
    _planet(canvas, rng, light, warm)


def _nebula(canvas: Canvas, rng: np.random.Generator, warm: Color, cold: Color) -> None:
    noise = tile(rng, cells=3, octaves=7, gain=0.55)
    x, y = canvas.u * np.float32(0.32), canvas.v * np.float32(0.32)
    fold = look_up(noise, x + 0.2, y + 0.6)
    gas = look_up(noise, x + 0.30 * (fold - 0.5), y + 0.30 * (fold - 0.5) + 0.1)
    other = look_up(noise, x + 0.5 + 0.20 * (gas - 0.5), y + 0.4)
    lean = rng.uniform(-0.8, 0.8)
    band = np.exp(-(((canvas.v - 0.5 - lean * (canvas.u - canvas.aspect / 2)) / 0.55) ** 2))
    canvas.glow(cold, 1.1 * band * smoothstep(0.20, 0.85, other))
    canvas.glow(warm, 1.1 * band * smoothstep(0.30, 0.85, gas))
    canvas.glow((1.0, 0.93, 0.86), 0.8 * band * smoothstep(0.50, 0.95, gas * 0.6 + other * 0.5))
    dust = smoothstep(0.52, 0.78, look_up(noise, x * 1.6 + 0.7, y * 1.6 + 0.3 + 0.2 * (fold - 0.5)))
    canvas.blend((0.012, 0.010, 0.022), dust * 0.62 * band)


def _bright_stars(canvas: Canvas, rng: np.random.Generator) -> None:
    for _ in range(int(7 * canvas.aspect)):
        u, v, size = rng.random() * canvas.aspect, rng.random(), rng.uniform(0.3, 1.0)
        du, dv = np.abs(canvas.u - u), np.abs(canvas.v - v)
        fine = 0.0011 + 0.0006 * size
        cross = np.exp(-du / fine - dv / (0.030 * size)) + np.exp(-dv / fine - du / (0.030 * size))
        canvas.glow((0.92, 0.95, 1.0), cross * size + np.exp(-(du**2 + dv**2) / (0.005 * size) ** 2))


def _planet(canvas: Canvas, rng: np.random.Generator, light: Light, warm: Color) -> None:
    radius = rng.uniform(0.15, 0.24)
    u, v = canvas.aspect * rng.choice([0.30, 0.68]), rng.uniform(0.40, 0.66)
    x, y = (canvas.u - np.float32(u)) / radius, (canvas.v - np.float32(v)) / radius
    out = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - out**2, 0, 1))
    tilt = rng.uniform(-0.5, 0.5)
    across, along = y * np.cos(tilt) + x * np.sin(tilt), x * np.cos(tilt) - y * np.sin(tilt)
    noise = tile(rng, cells=4, octaves=6)
    swirl = look_up(noise, along * 0.06 / (0.35 + z), across * 0.25)
    bands = look_up(noise, swirl * 0.05 + 0.5, across * 0.42 + 0.06 * swirl)
    bright, dim = SURFACES[int(rng.integers(len(SURFACES)))]
    surface = (
        np.asarray(dim, np.float32) + (np.asarray(bright, np.float32) - np.asarray(dim, np.float32)) * bands[..., None]
    )
    sun = np.array([-0.62, -0.45, 0.55]) if u > canvas.aspect / 2 else np.array([0.62, -0.45, 0.55])
    day = smoothstep(-0.12, 0.85, x * sun[0] + y * sun[1] + z * sun[2])
    edge = 1.5 / (canvas.height * radius)
    ball = smoothstep(1 + edge, 1 - edge, out)
    air = np.exp(-np.clip(out - 1, 0, None) * 16) * (out >= 1) * np.clip(x * sun[0] + y * sun[1] + 0.35, 0, 1)
    ring = _ring(rng, across, along) if rng.random() < 0.6 else None
    color = mix(light.sun, warm, 0.45)
    if ring is not None:
        canvas.blend(mix(bright, light.sun, 0.3), ring * (across < 0) * 0.8)
    canvas.glow(bright, 0.7 * air)
    canvas.blend(surface * (0.02 + 1.05 * day)[..., None], ball)
    canvas.glow(color, 0.5 * ball * (1 - z) ** 2.5 * day)
    if ring is not None:
        canvas.blend(mix(bright, light.sun, 0.3), ring * (across >= 0) * 0.85)


def _ring(rng: np.random.Generator, across: Field, along: Field) -> Field:
    out = np.hypot(along, across * 4.6)
    grooves = rng.random(64).astype(np.float32)
    groove = np.interp(out, np.linspace(1.35, 2.25, 64), 0.35 + 0.65 * grooves)
    ring: Field = smoothstep(1.35, 1.42, out) * smoothstep(2.25, 2.15, out) * groove.astype(np.float32)
    return ring
