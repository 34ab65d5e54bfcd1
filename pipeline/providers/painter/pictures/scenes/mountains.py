"""Mountains: ranges behind ranges, mist in the valleys, firs in front."""

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Light, mix, scale
from pipeline.providers.painter.pictures.noise import line
from pipeline.providers.painter.pictures.ridges import paint_ridge, ridge_line, valley_mist
from pipeline.providers.painter.pictures.silhouettes.firs import fir_row
from pipeline.providers.painter.pictures.silhouettes.shapes import flock
from pipeline.providers.painter.pictures.sky import horizon_haze, paint_sky
from pipeline.providers.painter.pictures.subjects import LAND_SUBJECTS, paint_on_land
from pipeline.providers.painter.pictures.weather import paint_weather
from pipeline.providers.painter.pictures.words import Reading

HORIZON = 0.62
RANGES = (
    (0.62, 0.30, 1.6, 0.92),
    (0.68, 0.30, 2.0, 0.68),
    (0.76, 0.22, 2.4, 0.44),
    (0.86, 0.16, 2.6, 0.22),
)
"""Of each range: its foot, its height, its peaks down the picture's height, its distance."""


def paint_mountains(canvas: Canvas, reading: Reading, light: Light) -> None:
    """Paint the scene and what stands in it."""
    sun = paint_sky(canvas, reading, light, HORIZON)
    horizon_haze(canvas, light, HORIZON, 0.35)
    misty = "mist" in reading.weather
    snow = 0.16 if "snow" in reading.weather else 0.07
    for index, (foot, height, peaks, distance) in enumerate(RANGES):
        ridge = ridge_line(canvas, f"range {index}", foot, height, peaks)
        cap = snow if index < 2 or "snow" in reading.weather else 0.0
        paint_ridge(canvas, f"range {index}", ridge, light, sun, distance, snow=cap, mist=0.75 if misty else 0.45)
        if misty or index == 1:
            valley_mist(canvas, f"mist {index}", foot - 0.02, 0.05, light.haze, 0.75 if misty else 0.4)
    side = 0.30 if sun.u > canvas.aspect / 2 else 0.70
    near = ridge_line(canvas, "near", 0.97, 0.12, 1.3, sharp=False)
    canvas.blend(mix(light.ground, light.haze, 0.16), fir_row(canvas, "firs behind", near - 0.02, 0.12, 0.20))
    canvas.blend(mix(light.ground, light.haze, 0.05), fir_row(canvas, "firs", near + 0.03, 0.22, 0.22))
    if reading.subjects & LAND_SUBJECTS:
        _knoll(canvas, reading, light, canvas.aspect * side)
    if "birds" in reading.subjects:
        canvas.blend(light.ground, flock(canvas, canvas.aspect * (1 - side), 0.26, 0.028, 9) * 0.9)
    paint_weather(canvas, reading, light)


def _knoll(canvas: Canvas, reading: Reading, light: Light, u: float) -> None:
    """A bare rock before the firs: what stands on it stands against the light."""
    rough = line(canvas.rng("knoll"), canvas.width, 7 * canvas.aspect, 5)
    broad = 0.42 if "castle" in reading.subjects else 0.24
    rise = np.exp(-(((canvas.u[0] - np.float32(u)) / broad) ** 2))
    top = np.float32(1.04) - np.float32(0.25) * rise - np.float32(0.05) * (rough - 0.5)
    canvas.blend(scale(light.ground, 0.8), canvas.below(top))
    paint_on_land(canvas, reading, light, u, float(top[int(u * canvas.height)]) + 0.006, scale=1.25)
