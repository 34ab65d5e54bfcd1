"""A city: towers behind towers with lit windows, signs, a wet street or roofs in front."""

from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, scale
from pipeline.providers.painter.pictures.sky import horizon_haze, paint_sky
from pipeline.providers.painter.pictures.subjects import LAND_SUBJECTS, paint_on_land
from pipeline.providers.painter.pictures.water import paint_water
from pipeline.providers.painter.pictures.weather import paint_weather
from pipeline.providers.painter.pictures.words import Reading

HORIZON = 0.74
ROWS = ((0.34, 0.020, 0.055, 0.82), (0.44, 0.030, 0.075, 0.55), (0.50, 0.045, 0.105, 0.26), (0.30, 0.060, 0.130, 0.08))
"""Of each row of towers: its greatest height, narrowest and widest tower, distance."""

LAMPS: tuple[Color, ...] = ((1.0, 0.82, 0.50), (1.0, 0.70, 0.36), (0.86, 0.90, 1.0))
NEON: tuple[Color, ...] = ((1.0, 0.16, 0.56), (0.10, 0.86, 0.96), (0.66, 0.26, 1.0), (1.0, 0.56, 0.14))
ROOF = 0.90


def paint_city(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the scene and what stands in it."""
    sun = paint_sky(canvas, reading, light, HORIZON)
    glow = mix(light.horizon, mix(NEON[0], NEON[2], 0.5), 0.55) if light.dark else light.horizon
    horizon_haze(canvas, light, HORIZON, 0.5)
    canvas.glow(
        glow,
        np.broadcast_to(
            np.exp(-(((canvas.v - HORIZON) / 0.26) ** 2)) * (0.62 if light.dark else 0.40),
            (canvas.height, canvas.width),
        ),
    )
    for index, (tall, narrow, wide, distance) in enumerate(ROWS):
        _towers(canvas, light, f"towers {index}", tall, narrow, wide, distance)
    if light.dark:
        _signs(canvas)
    paint_water(canvas, light, sun, HORIZON, rough=0.35)
    paint_weather(canvas, reading, light)
    if reading.subjects & LAND_SUBJECTS:
        _roof(canvas, reading, light)


def _towers(canvas: Canvas, light: Light, layer: str, tall: float, narrow: float, wide: float, distance: float) -> None:
    rng = canvas.rng(layer)
    boxes: list[tuple[float, float, float]] = []
    u = -wide * rng.random()
    while u < canvas.aspect:
        width = rng.uniform(narrow, wide)
        boxes.append((u, u + width, HORIZON - tall * rng.uniform(0.25, 1.0) ** 1.4))
        u += width * rng.uniform(0.92, 1.25)

    def walls(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        for left, right, top in boxes:
            sheet.rectangle([left * unit, top * unit, right * unit, (HORIZON + 0.02) * unit], fill=255)
            _crown(sheet, unit, rng, left, right, top)

    color = mix(scale(light.ground, 1.2), light.haze, distance)
    cover = canvas.mask(walls)
    lift = np.clip((HORIZON - canvas.v) / 0.5, 0, 1)
    foot = np.asarray(mix(color, light.horizon, 0.28), np.float32)
    body = foot + (np.asarray(color, np.float32) - foot) * np.broadcast_to(lift, cover.shape)[..., None] ** 0.5
    canvas.blend(body, cover)
    for lamp in LAMPS:
        windows = canvas.mask(lambda sheet, unit: _windows(sheet, unit, rng, boxes, light))
        canvas.blend(mix(lamp, light.haze, distance * 0.6), windows * (0.90 - 0.5 * distance))


def _crown(
    sheet: ImageDraw.ImageDraw, unit: float, rng: np.random.Generator, left: float, right: float, top: float
) -> None:
    middle, width = (left + right) / 2, right - left
    kind = rng.random()
    if kind < 0.30:
        inset = width * 0.22
        sheet.rectangle(
            [(left + inset) * unit, (top - width * 0.35) * unit, (right - inset) * unit, top * unit], fill=255
        )
        top -= width * 0.35
    if kind < 0.18 or kind > 0.88:
        half = max(0.0011, width * 0.018)
        sheet.rectangle(
            [(middle - half) * unit, (top - width * 1.1) * unit, (middle + half) * unit, top * unit], fill=255
        )
    elif 0.5 < kind < 0.6:
        sheet.polygon(
            [(left * unit, top * unit), (right * unit, (top - width * 0.45) * unit), (right * unit, top * unit)],
            fill=255,
        )


def _windows(
    sheet: ImageDraw.ImageDraw,
    unit: float,
    rng: np.random.Generator,
    boxes: list[tuple[float, float, float]],
    light: Light,
) -> None:
    share = 0.12 if light.dark else 0.08
    for left, right, top in boxes:
        columns = max(2, int((right - left) / 0.0125))
        gap = (right - left) / columns
        rows = int((HORIZON - top) / 0.0165)
        lit = rng.random((rows, columns)) < share * rng.uniform(0.3, 1.8)
        for row, column in zip(*np.nonzero(lit), strict=True):
            x, y = left + (column + 0.28) * gap, top + (row + 0.45) * 0.0165
            sheet.rectangle([x * unit, y * unit, (x + gap * 0.50) * unit, (y + 0.0085) * unit], fill=255)


def _signs(canvas: Canvas) -> None:
    """Upright and lying neon signs, with their light on the air around them."""
    rng = canvas.rng("signs")
    count = int(13 * max(canvas.aspect, 0.7))
    for index, color in enumerate(NEON):
        tubes = canvas.mask(partial(_tubes, rng=rng, aspect=canvas.aspect, count=len(range(index, count, len(NEON)))))
        small = Image.fromarray((tubes * 255).astype(np.uint8)).reduce(2)
        blurred = small.filter(ImageFilter.GaussianBlur(canvas.height * 0.012))
        halo = np.asarray(blurred.resize((canvas.width, canvas.height), Image.Resampling.BILINEAR), np.float32)
        canvas.glow(color, np.clip(halo / 255 * 3.2, 0, 0.9))
        canvas.blend(mix(color, (1.0, 1.0, 1.0), 0.35), tubes)


def _tubes(sheet: ImageDraw.ImageDraw, unit: float, *, rng: np.random.Generator, aspect: float, count: int) -> None:
    for _ in range(count):
        u, v = rng.random() * aspect, HORIZON - rng.uniform(0.05, 0.26)
        tall, half = rng.uniform(0.03, 0.10), rng.uniform(0.004, 0.010)
        if rng.random() < 0.3:
            tall, half = half * 1.3, tall * 0.6
        box = [(u - half) * unit, (v - tall) * unit, (u + half) * unit, v * unit]
        sheet.rectangle(box, outline=255, width=max(2, int(unit * 0.0026)))
        for share in (0.25, 0.5, 0.75):
            y = (v - tall * share) * unit
            bar = [(u - half * 0.5) * unit, y, (u + half * 0.5) * unit, y]
            sheet.line(bar, fill=255, width=max(2, int(unit * 0.003)))


def _roof(canvas: Canvas, reading: Reading, light: Light) -> None:
    color = scale(light.ground, 0.8)

    def draw(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        sheet.rectangle([0, ROOF * unit, canvas.aspect * unit, unit], fill=255)
        sheet.rectangle([0, (ROOF - 0.012) * unit, canvas.aspect * unit, (ROOF + 0.010) * unit], fill=255)

    cover = canvas.mask(draw)
    canvas.blend(color, cover)
    rim = np.exp(-(((canvas.v - (ROOF - 0.011)) / 0.003) ** 2))
    canvas.glow(mix(light.horizon, NEON[0], 0.4 if light.dark else 0.0), np.broadcast_to(rim, cover.shape) * 0.6)
    place = 0.36 if canvas.rng("roof").random() < 0.5 else 0.64
    paint_on_land(canvas, reading, light, canvas.aspect * place, ROOF - 0.014, scale=1.35)
