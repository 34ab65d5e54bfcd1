"""From prompt, seed and size to the picture."""

import math
from collections.abc import Callable

from PIL import Image

from pipeline.providers.painter.pictures.canvas import Canvas
from pipeline.providers.painter.pictures.finish import finish
from pipeline.providers.painter.pictures.light import Light, light_of
from pipeline.providers.painter.pictures.scenes.abstract import paint_abstract
from pipeline.providers.painter.pictures.scenes.city import paint_city
from pipeline.providers.painter.pictures.scenes.desert import paint_desert
from pipeline.providers.painter.pictures.scenes.forest import paint_forest
from pipeline.providers.painter.pictures.scenes.meadow import paint_meadow
from pipeline.providers.painter.pictures.scenes.mountains import paint_mountains
from pipeline.providers.painter.pictures.scenes.sea import paint_sea
from pipeline.providers.painter.pictures.scenes.space import paint_space
from pipeline.providers.painter.pictures.words import Reading, read_prompt

SCENES: dict[str, Callable[[Canvas, Reading, Light], None]] = {
    "abstract": paint_abstract,
    "city": paint_city,
    "desert": paint_desert,
    "forest": paint_forest,
    "meadow": paint_meadow,
    "mountains": paint_mountains,
    "sea": paint_sea,
    "space": paint_space,
}

PIXELS_MAX = 1024 * 1024
"""Larger pictures are painted at this many pixels and enlarged: 4096×4096 would take gigabytes and a minute."""


def paint(prompt: str, seed: int, width: int, height: int) -> Image.Image:
    """The picture of a prompt, RGB, `width` × `height` pixels; always the same one for the same arguments."""
    reading = read_prompt(prompt, seed)
    light = light_of(
        reading.time,
        storm="storm" in reading.weather,
        mist="mist" in reading.weather,
        tint=reading.tint,
        turn=reading.turn,
    )
    shrink = min(1.0, math.sqrt(PIXELS_MAX / (width * height)))
    canvas = Canvas(round(width * shrink), round(height * shrink), f"{prompt}\0{seed}")
    SCENES[reading.place](canvas, reading, light)
    image = finish(canvas)
    return image if shrink == 1.0 else image.resize((width, height), Image.Resampling.LANCZOS)
