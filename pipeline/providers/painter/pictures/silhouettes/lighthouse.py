"""A lighthouse: tower, gallery, lantern, and its beam."""

import numpy as np
from PIL import ImageDraw

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Color, Light, mix, scale
from pipeline.providers.painter.pictures.noise import fbm, smoothstep
from pipeline.providers.painter.pictures.sky import Sun

LAMP: Color = (1.0, 0.90, 0.62)
PLASTER: Color = (0.86, 0.83, 0.80)
PAINT: Color = (0.62, 0.13, 0.12)
BANDS = 5


def paint_lighthouse(canvas: Canvas, light: Light, sun: Sun, u: float, foot: float, tall: float) -> None:
    """A lighthouse `tall` heights high whose foot stands at (u, foot); its beam points away from the sun."""
    top = foot - tall
    lamp = top + tall * 0.085
    _beam(canvas, light, sun, u, lamp)
    broad, slim = tall * 0.115, tall * 0.070

    def tower(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        head = foot - tall * 0.83
        sheet.polygon(
            [
                ((u - broad) * unit, (foot + 0.05) * unit),
                ((u - slim) * unit, head * unit),
                ((u + slim) * unit, head * unit),
                ((u + broad) * unit, (foot + 0.05) * unit),
            ],
            fill=255,
        )

    def iron(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        head = foot - tall * 0.83

        def box(half: float, upper: float, lower: float) -> None:
            sheet.rectangle([(u - half) * unit, upper * unit, (u + half) * unit, lower * unit], fill=255)

        box(slim * 1.45, head, head + tall * 0.022)
        box(slim * 1.45, head - tall * 0.045, head - tall * 0.038)
        for post in np.linspace(-1.42, 1.42, 9):
            x = u + slim * float(post)
            sheet.line([x * unit, (head - tall * 0.045) * unit, x * unit, head * unit], fill=255, width=2)
        box(slim * 0.78, top + tall * 0.125, head)
        box(slim * 0.82, top + tall * 0.048, top + tall * 0.060)
        sheet.pieslice(
            [
                (u - slim * 0.85) * unit,
                (top + tall * 0.006) * unit,
                (u + slim * 0.85) * unit,
                (top + tall * 0.102) * unit,
            ],
            180,
            360,
            fill=255,
        )
        box(slim * 0.07, top - tall * 0.035, top + tall * 0.01)
        for bar in (-0.72, -0.25, 0.25, 0.72):
            x = u + slim * bar
            sheet.line([x * unit, (top + tall * 0.05) * unit, x * unit, (top + tall * 0.13) * unit], fill=255, width=3)
        box(slim * 0.22, foot - tall * 0.085, foot + 0.01)
        for window in (0.32, 0.55):
            sheet.ellipse(
                [
                    (u - slim * 0.16) * unit,
                    (foot - tall * (window + 0.04)) * unit,
                    (u + slim * 0.16) * unit,
                    (foot - tall * window) * unit,
                ],
                fill=255,
            )

    def glass(sheet: ImageDraw.ImageDraw, unit: float) -> None:
        sheet.rectangle(
            [
                (u - slim * 0.7) * unit,
                (top + tall * 0.055) * unit,
                (u + slim * 0.7) * unit,
                (top + tall * 0.128) * unit,
            ],
            fill=255,
        )

    body = canvas.mask(tower)
    dim = 0.30 if light.dark else 0.62
    band = smoothstep(0.45, 0.55, np.abs(((canvas.v - foot) / tall * BANDS) % 1.0 - 0.5) * 2)
    plaster, paint = np.asarray(scale(PLASTER, dim), np.float32), np.asarray(scale(PAINT, dim), np.float32)
    stripes = plaster + (paint - plaster) * np.broadcast_to(band, body.shape)[..., None]
    stripes = stripes + (np.asarray(light.haze, np.float32) - stripes) * 0.12
    round_side = np.clip((canvas.u - u) / broad, -1, 1) * (1 if sun.u > u else -1)
    shade = np.broadcast_to(0.62 + 0.42 * round_side, body.shape)
    canvas.blend(stripes * shade[..., None], body)
    canvas.blend(mix(light.ground, light.haze, 0.10), canvas.mask(iron))
    canvas.blend(LAMP, canvas.mask(glass) * 0.95)
    halo = canvas.distance(u, lamp)
    canvas.glow(LAMP, 0.9 * np.exp(-halo * 34) + 0.35 * np.exp(-halo * 9))


def _beam(canvas: Canvas, light: Light, sun: Sun, u: float, v: float) -> None:
    du, dv = canvas.u - np.float32(u), canvas.v - np.float32(v)
    away = np.hypot(du, dv) + 1e-4
    side = -1.0 if sun.u > u else 1.0
    tilt = np.float32(-0.09)
    smoke = fbm(canvas.rng("beam"), canvas.width, canvas.height, 4, 4)
    for direction, strength in ((side, 0.85), (-side, 0.30)):
        angle = np.arctan2(dv - tilt * np.abs(du), du * direction)
        wedge = np.exp(-((angle / 0.075) ** 2)) * np.exp(-away * 1.25)
        canvas.glow(LAMP, wedge * strength * (0.55 + 0.45 * smoke) * smoothstep(0.0, 0.03, away))
