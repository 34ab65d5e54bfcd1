"""Water: the mirrored sky, broken by waves, with the sun's glitter on it."""

import numpy as np

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.light import Light, mix, scale
from pipeline.providers.painter.pictures.noise import look_up, smoothstep, tile
from pipeline.providers.painter.pictures.sky import Sun

DEEP = (0.05, 0.16, 0.22)


def paint_water(canvas: Canvas, light: Light, sun: Sun, horizon: float, *, rough: float) -> None:
    """Turn everything below `horizon` into water that mirrors what is above; `rough` 0 is a lake, 1 a storm."""
    top = round(horizon * canvas.height)
    rows = canvas.height - top
    if rows <= 0:
        return
    depth = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) / canvas.height
    u = np.broadcast_to(canvas.u, (rows, canvas.width))
    noise = tile(canvas.rng("water"), cells=8, octaves=6, gain=0.55)
    # Waves lie in a plane: their size on the picture falls with their distance, which goes as 1 / depth.
    away = np.float32(0.055) / (depth + 0.012)
    across = (u - np.float32(canvas.aspect / 2)) * away * 2.2 + np.float32(3.3)
    waves = look_up(noise, across * 0.40, away * 2.6)
    ripple = look_up(noise, across * 1.3 + 0.37, away * 7.0 + 0.21)
    swell = 0.6 * waves + 0.4 * ripple

    stretch = 1.0 + 0.4 * rough
    mirror = top - 1 - (depth * canvas.height * stretch).astype(np.int32)
    mirror = mirror + ((swell - 0.5) * (14 + 70 * rough) * canvas.height / 512 * (0.25 + depth * 4)).astype(np.int32)
    side = ((ripple - 0.5) * (6 + 16 * rough) * canvas.height / 512 * (0.3 + depth * 4)).astype(np.int32)
    columns = np.clip(np.arange(canvas.width)[None, :] + side, 0, canvas.width - 1)
    image = canvas.pixels[np.clip(mirror, 0, max(0, top - 1)), columns]

    dark = np.asarray(mix(scale(DEEP, 0.25 if light.dark else 1.0), light.zenith, 0.45), np.float32)
    share = np.clip(0.24 + 0.55 * depth / max(1 - horizon, 0.05) + (0.5 - swell) * 0.55, 0.08, 0.92)
    water = image + (dark - image) * share[..., None]

    crest = smoothstep(0.60, 0.92, swell) * (0.16 + 0.35 * rough)
    water = water + (np.asarray(light.horizon, np.float32) - water) * crest[..., None] * 0.55
    if rough > 0.5:
        foam = smoothstep(0.74, 0.90, 0.45 * waves + 0.55 * ripple) * smoothstep(0.01, 0.12, depth)
        water = water + (np.asarray(mix(light.horizon, (1, 1, 1), 0.6), np.float32) - water) * foam[..., None] * 0.5
    canvas.pixels[top:] = water

    path = np.exp(-(((u - np.float32(sun.u)) / (0.030 + 0.36 * depth)) ** 2))
    sparks = smoothstep(0.50, 0.72, swell) * (1 - 0.45 * rough)
    glitter = np.zeros((canvas.height, canvas.width), np.float32)
    glitter[top:] = path * (0.15 + 0.95 * sparks) * (0.75 if not light.dark else 0.55) * (1 - 0.6 * rough)
    canvas.glow(light.sun, glitter)


def soften_horizon(canvas: Canvas, light: Light, horizon: float) -> None:
    """Let air lie over the far edge of the water."""
    line = np.exp(-(((canvas.v - horizon) / 0.012) ** 2)) * 0.45
    canvas.blend(light.horizon, np.broadcast_to(line, (canvas.height, canvas.width)))
