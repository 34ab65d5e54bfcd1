"""A forest: light falls between trunks, layer behind layer, on a path with fallen leaves."""

import numpy as np
from PIL import ImageDraw

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, scale
from pipeline.providers.painter.pictures.noise import Field, fbm, look_up, smoothstep, tile
from pipeline.providers.painter.pictures.subjects import paint_on_land
from pipeline.providers.painter.pictures.weather import paint_weather
from pipeline.providers.painter.pictures.words import Reading

HORIZON = 0.66
LEAVES: dict[str | None, tuple[Color, Color]] = {
    None: ((0.36, 0.56, 0.22), (0.12, 0.28, 0.14)),
    "spring": ((0.62, 0.74, 0.34), (0.90, 0.66, 0.74)),
    "autumn": ((0.96, 0.64, 0.20), (0.74, 0.24, 0.10)),
}
"""Bright and deep leaves of a season."""

BARE: tuple[Color, Color] = ((0.86, 0.90, 0.95), (0.62, 0.70, 0.80))
LAYERS = 5


def paint_forest(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the scene and what stands in it."""
    rng = canvas.rng("forest")
    snowy = "snow" in reading.weather
    bright, deep = BARE if snowy else LEAVES[reading.season]
    level = 0.20 if light.dark else 1.0
    bright, deep = scale(bright, level), scale(deep, level)
    middle = canvas.aspect * rng.uniform(0.42, 0.58)
    air = mix(mix(light.haze, bright, 0.40), light.sun, 0.25 if not light.dark else 0.10)
    _background(canvas, light, air, middle)
    _ground(canvas, light, mix(deep, bright, 0.35), air, middle)
    for index in range(LAYERS):
        near = index / (LAYERS - 1)
        _foliage(
            canvas, f"leaves {index}", mix(deep, air, 0.75 * (1 - near)), mix(bright, air, 0.55 * (1 - near)), near
        )
        _trunks(
            canvas, light, f"trunks {index}", mix(scale(light.ground, 1.1), air, 0.78 * (1 - near) ** 0.8), near, middle
        )
    _shafts(canvas, light, middle)
    paint_on_land(canvas, reading, light, middle, 0.83, scale=0.95)
    _litter(canvas, bright, deep)
    paint_weather(canvas, reading, light)


def _background(canvas: Canvas, light: Light, air: Color, middle: float) -> None:
    canvas.blend(scale(air, 0.80), 1.0)
    distance = canvas.distance(middle, HORIZON - 0.16)
    canvas.blend(mix(light.sun, (1.0, 1.0, 1.0), 0.2), np.exp(-distance * 3.0) * (0.85 if not light.dark else 0.25))


def _ground(canvas: Canvas, light: Light, litter: Color, air: Color, middle: float) -> None:
    rng = canvas.rng("ground")
    noise = tile(rng, cells=8, octaves=6, gain=0.6)
    depth = np.clip(canvas.v - HORIZON, 0.002, None)
    away = np.float32(0.10) / (depth + 0.03)
    grain = look_up(noise, (canvas.u - np.float32(middle)) * away * 2.0, away * 3.0)
    far = np.exp(-depth * 7.5)[..., None]
    dark = np.asarray(scale(mix(litter, light.ground, 0.55), 0.75), np.float32)
    soil = dark + (np.asarray(litter, np.float32) - dark) * grain[..., None]
    bend = 0.10 * np.sin(depth * 9.0 + rng.uniform(0, 6)) * (0.25 + depth)
    half = 0.020 + 0.52 * depth + (grain - 0.5) * 0.10 * (0.2 + depth)
    path = smoothstep(1.15, 0.75, np.abs(canvas.u - middle - bend) / half)
    trodden = (
        np.asarray(mix(mix(litter, light.sun, 0.45), light.ground, 0.18), np.float32) * (0.72 + 0.4 * grain)[..., None]
    )
    soil = soil + (trodden - soil) * (path * 0.75)[..., None]
    color = soil + (np.asarray(air, np.float32) - soil) * far
    canvas.blend(color, np.broadcast_to(smoothstep(HORIZON - 0.01, HORIZON + 0.02, canvas.v), grain.shape))


def _trunks(canvas: Canvas, light: Light, layer: str, color: Color, near: float, middle: float) -> None:
    rng = canvas.rng(layer)
    count = int((15 - 10 * near) * max(canvas.aspect, 0.6))
    foot = HORIZON + 0.015 + 0.30 * near**1.6
    clearing = 0.02 + 0.30 * near

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for _ in range(count):
            u = rng.uniform(-0.05, canvas.aspect + 0.05)
            if abs(u - middle) < clearing:
                continue
            half = (0.0045 + 0.030 * near**1.3) * rng.uniform(0.6, 1.3)
            base, lean = foot + rng.uniform(-0.02, 0.03) * (0.3 + near), rng.normal(0, 0.022)
            left, right = [], []
            for share in np.linspace(0, 1, 9):
                v = base - share * (base + 0.05)
                flare = 1 + 0.9 * np.exp(-share * 14)
                wobble = np.sin(share * 7 + u * 40) * half * 0.25
                x = u + lean * share + wobble
                width = half * flare * (1 - 0.35 * share)
                left.append(((x - width) * unit, v * unit))
                right.append(((x + width) * unit, v * unit))
            sheet.polygon(left + right[::-1], fill=255)
            for _ in range(int(2 + 3 * near)):
                _bough(sheet, unit, rng, u + lean * 0.5, base, half)

    cover = canvas.mask(draw)
    canvas.blend(color, cover)
    # Trunks are round: the side towards the clearing is lit.
    step = max(1, int(canvas.height * (0.002 + 0.006 * near)))
    toward = np.where(canvas.u < middle, -step, step)
    left_lit = np.clip(cover - np.roll(cover, -step, axis=1), 0, 1)
    right_lit = np.clip(cover - np.roll(cover, step, axis=1), 0, 1)
    edge = np.where(toward < 0, left_lit, right_lit)
    canvas.glow(light.sun, edge * (0.30 if not light.dark else 0.10) * (1 - 0.4 * near))


def _bough(
    sheet: ImageDraw.ImageDraw, unit: float, rng: np.random.Generator, u: float, base: float, half: float
) -> None:
    v = base * rng.uniform(0.08, 0.55)
    side = rng.choice([-1.0, 1.0])
    reach, rise = half * rng.uniform(4, 9), half * rng.uniform(2, 6)
    points = [
        (u * unit, (v + half * 0.5) * unit),
        ((u + side * reach) * unit, (v - rise) * unit),
        (u * unit, (v - half * 0.4) * unit),
    ]
    sheet.polygon(points, fill=255)


def _foliage(canvas: Canvas, layer: str, deep: Color, bright: Color, near: float) -> None:
    rng = canvas.rng(layer)
    clumps = fbm(rng, canvas.width, canvas.height, 3.0 + 2 * (1 - near), 3)
    dabs = fbm(rng, canvas.width, canvas.height, 38 - 20 * near, 3, gain=0.7)
    hang = 0.50 - 0.20 * near
    sides = np.abs(canvas.u - canvas.aspect / 2) / canvas.aspect * 2
    edge = clumps * 0.75 + dabs * 0.55 - (canvas.v - hang * (0.55 + 0.75 * sides)) * 2.4 - 0.62
    cover = smoothstep(-0.03, 0.05, edge - 0.06)
    shade = np.clip(0.2 + 0.9 * dabs * (0.5 + clumps) - 0.25 * near, 0, 1)
    color = (
        np.asarray(deep, np.float32)
        + (np.asarray(bright, np.float32) - np.asarray(deep, np.float32)) * shade[..., None]
    )
    canvas.blend(color, cover * 0.94)


def _shafts(canvas: Canvas, light: Light, middle: float) -> None:
    rng = canvas.rng("shafts")
    u, v = middle + rng.uniform(-0.12, 0.12), -0.20
    angle = np.arctan2(canvas.u - u, canvas.v - v)
    spokes = look_up(tile(rng, cells=16, octaves=3), angle * 0.55, np.float32(0.37))
    fade = np.exp(-((canvas.v - 0.42) ** 2) * 5) * np.exp(-((angle / 0.55) ** 2))
    canvas.glow(light.sun, smoothstep(0.50, 0.85, spokes) * fade * (0.40 if not light.dark else 0.16))


def _litter(canvas: Canvas, bright: Color, deep: Color) -> None:
    """Single leaves in the air and on the ground."""
    rng = canvas.rng("litter")

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for _ in range(int(170 * canvas.aspect)):
            low = rng.random() < 0.8
            v = HORIZON + 0.05 + 0.32 * rng.random() ** 0.8 if low else rng.uniform(0.15, 0.75)
            u, size = rng.random() * canvas.aspect, 0.002 + 0.010 * max(0.0, v - HORIZON) ** 1.2 * 2.2
            wide = size * rng.uniform(0.8, 1.5)
            sheet.ellipse(
                [(u - wide) * unit, (v - size * 0.6) * unit, (u + wide) * unit, (v + size * 0.6) * unit],
                fill=int(rng.uniform(120, 255)),
            )

    cover = canvas.mask(draw)
    tone: Field = fbm(rng, canvas.width, canvas.height, 40, 2)
    color = (
        np.asarray(deep, np.float32)
        + (np.asarray(bright, np.float32) - np.asarray(deep, np.float32)) * (0.35 + 0.65 * tone)[..., None]
    )
    canvas.blend(color, cover * 0.9)
