"""A meadow: rolling hills, a tree or a house on them, flowers in front."""

import numpy as np
from PIL import Image, ImageDraw

from pipeline.providers.painter.pictures.canvas import SUPERSAMPLE, Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, scale
from pipeline.providers.painter.pictures.noise import Field, fbm, line, smoothstep
from pipeline.providers.painter.pictures.ridges import paint_ridge, ridge_line
from pipeline.providers.painter.pictures.silhouettes.balloon import paint_balloons
from pipeline.providers.painter.pictures.silhouettes.shapes import flock
from pipeline.providers.painter.pictures.silhouettes.trees import tree_mask
from pipeline.providers.painter.pictures.sky import horizon_haze, paint_sky
from pipeline.providers.painter.pictures.subjects import LAND_SUBJECTS, paint_on_land
from pipeline.providers.painter.pictures.weather import paint_weather
from pipeline.providers.painter.pictures.words import Reading

HORIZON = 0.58
GRASS: dict[str | None, Color] = {None: (0.34, 0.52, 0.20), "autumn": (0.62, 0.46, 0.18), "spring": (0.44, 0.62, 0.26)}
SNOWFIELD: Color = (0.86, 0.90, 0.96)
HILLS = ((0.63, 0.06, 0.62), (0.70, 0.08, 0.40), (0.80, 0.09, 0.20), (0.90, 0.07, 0.04))
"""Of each hill: its foot, its height, its distance."""

FLOWERS: tuple[Color, ...] = (
    (0.90, 0.20, 0.18),
    (0.98, 0.80, 0.26),
    (0.95, 0.94, 0.90),
    (0.66, 0.42, 0.86),
    (0.96, 0.54, 0.66),
)


def paint_meadow(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the scene and what stands in it."""
    sun = paint_sky(canvas, reading, light, HORIZON)
    horizon_haze(canvas, light, HORIZON, 0.40)
    far = ridge_line(canvas, "far", HORIZON + 0.03, 0.12, 1.6)
    paint_ridge(canvas, "far", far, light, sun, 0.82, mist=0.6)
    snowy = "snow" in reading.weather
    grass = SNOWFIELD if snowy else GRASS.get(reading.season, GRASS[None])
    side = 0.68 if sun.u < canvas.aspect / 2 else 0.32
    for index, (foot, height, distance) in enumerate(HILLS):
        crest = _hill(canvas, light, f"hill {index}", foot, height, distance, grass)
        if index == 1:
            _copses(canvas, light, crest, distance, leaves=not snowy)
        if index == 2:
            _standing(canvas, reading, light, crest, canvas.aspect * side)
    if "balloon" in reading.subjects:
        paint_balloons(canvas, light, sun)
    if "birds" in reading.subjects:
        canvas.blend(light.ground, flock(canvas, canvas.aspect * 0.5, 0.26, 0.028, 12) * 0.85)
    if not snowy:
        _flowers(canvas, reading, light)
    paint_weather(canvas, reading, light)


def _hill(canvas: Canvas, light: Light, layer: str, foot: float, height: float, distance: float, grass: Color) -> Field:
    rng = canvas.rng(layer)
    crest = np.float32(foot) - np.float32(height) * line(rng, canvas.width, 1.1 * canvas.aspect, 2, 0.3)
    depth = canvas.v - crest
    blades = fbm(rng, canvas.width, canvas.height, 26, 4, gain=0.65, stretch=0.6)
    broad = fbm(rng, canvas.width, canvas.height, 3, 3, stretch=2.5)
    level = 0.17 if light.dark else 0.95
    rough = 0.12 if grass is SNOWFIELD else 0.55
    top = scale(mix(grass, light.sun, 0.30), level)
    low = scale(mix(grass, light.ground, 0.20 if grass is SNOWFIELD else 0.50), level)
    share = np.clip(np.exp(-depth / (height * 1.2)) * 0.8 + (broad - 0.5) * 0.55, 0, 1)
    color = np.asarray(low, np.float32) + (np.asarray(top, np.float32) - np.asarray(low, np.float32)) * share[..., None]
    color = color * (1 + (blades - 0.5) * rough * (1 - distance))[..., None]
    color = color + (np.asarray(light.haze, np.float32) - color) * np.float32(distance * 0.75)
    canvas.blend(color, canvas.below(crest))
    return crest


def _copses(canvas: Canvas, light: Light, crest: Field, distance: float, *, leaves: bool) -> None:
    rng = canvas.rng("copses")
    color = mix(light.ground, light.haze, distance * 0.9)
    for _ in range(5):
        u = rng.random() * canvas.aspect
        foot = float(crest[int(np.clip(u * canvas.height, 0, canvas.width - 1))])
        canvas.blend(color, tree_mask(canvas, u, foot + 0.006, rng.uniform(0.04, 0.075), leaves=leaves))


def _standing(canvas: Canvas, reading: Reading, light: Light, crest: Field, u: float) -> None:
    foot = float(crest[int(u * canvas.height)]) + 0.012
    leaves = "snow" not in reading.weather
    if reading.subjects & LAND_SUBJECTS:
        paint_on_land(canvas, reading, light, u, foot)
    if not reading.subjects & (LAND_SUBJECTS | {"balloon"}) or "house" in reading.subjects:
        beside = u + (0.17 if u < canvas.aspect / 2 else -0.17) * (1 if "house" in reading.subjects else 0)
        foot = float(crest[int(np.clip(beside * canvas.height, 0, canvas.width - 1))]) + 0.012
        canvas.blend(mix(light.ground, light.haze, 0.08), tree_mask(canvas, beside, foot, 0.30, leaves=leaves))


def _flowers(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Dabs of colour, larger and fewer towards the front."""
    rng = canvas.rng("flowers")
    chosen = [FLOWERS[int(index)] for index in rng.permutation(len(FLOWERS))[:3]]
    if reading.tint is not None:
        chosen = [reading.tint, mix(reading.tint, (1, 1, 1), 0.35), chosen[0]]
    patches = fbm(rng, canvas.width, canvas.height, 5, 3, stretch=2)
    size = (canvas.width * SUPERSAMPLE, canvas.height * SUPERSAMPLE)
    unit = canvas.height * SUPERSAMPLE
    sheets = [Image.new("L", size, 0) for _ in chosen]
    drawn = [ImageDraw.Draw(sheet) for sheet in sheets]
    for _ in range(int(4200 * canvas.aspect)):
        near = float(rng.random()) ** 0.75
        u, v = rng.random() * canvas.aspect, 0.75 + 0.27 * near
        row, column = int(min(v, 0.999) * canvas.height), int(u * canvas.height)
        if patches[row, min(column, canvas.width - 1)] < 0.28 + 0.30 * rng.random():
            continue
        radius = 0.0012 + 0.0085 * near**2.2 * rng.uniform(0.5, 1.2)
        draw = drawn[int(rng.integers(len(chosen)))]
        for _ in range(1 if near < 0.5 else 3):
            x, y = u + rng.normal(0, radius * 0.5), v + rng.normal(0, radius * 0.35)
            box = [(x - radius) * unit, (y - radius * 0.7) * unit, (x + radius) * unit, (y + radius * 0.7) * unit]
            draw.ellipse(box, fill=255)
    level = 0.30 if light.dark else 1.0
    shade = smoothstep(0.0, 1.0, fbm(rng, canvas.width, canvas.height, 60, 2))
    for color, sheet in zip(chosen, sheets, strict=True):
        cover = np.asarray(sheet.reduce(SUPERSAMPLE), np.float32) / 255
        lit = np.asarray(scale(mix(color, light.sun, 0.15), level), np.float32) * (0.72 + 0.38 * shade)[..., None]
        canvas.blend(lit, cover * 0.92)
