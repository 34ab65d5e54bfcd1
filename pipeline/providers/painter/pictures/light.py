"""Light: the colours that a time of day, the weather and colour words give to everything."""

import colorsys
from dataclasses import dataclass, replace

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """Colours in 0..1. `sun_height` is the sun's or moon's place, 0 at the horizon, 1 at the zenith."""

    zenith: Color
    middle: Color
    horizon: Color
    sun: Color
    haze: Color
    ground: Color
    sun_height: float
    dark: bool = False


TIMES: dict[str, Light] = {
    "dawn": Light(
        (0.26, 0.36, 0.62),
        (0.78, 0.60, 0.70),
        (1.00, 0.80, 0.60),
        (1.00, 0.86, 0.62),
        (0.94, 0.77, 0.71),
        (0.13, 0.14, 0.22),
        0.14,
    ),
    "day": Light(
        (0.13, 0.37, 0.74),
        (0.42, 0.66, 0.90),
        (0.87, 0.93, 0.96),
        (1.00, 0.97, 0.88),
        (0.74, 0.84, 0.92),
        (0.09, 0.15, 0.12),
        0.62,
    ),
    "dusk": Light(
        (0.11, 0.12, 0.33),
        (0.58, 0.26, 0.46),
        (1.00, 0.56, 0.27),
        (1.00, 0.78, 0.46),
        (0.84, 0.44, 0.38),
        (0.05, 0.04, 0.09),
        0.10,
    ),
    "night": Light(
        (0.010, 0.020, 0.070),
        (0.045, 0.085, 0.205),
        (0.150, 0.230, 0.380),
        (0.92, 0.94, 1.00),
        (0.115, 0.170, 0.300),
        (0.008, 0.012, 0.030),
        0.66,
        dark=True,
    ),
}

STORM_GREY: Color = (0.30, 0.34, 0.39)
MIST_WHITE: Color = (0.86, 0.88, 0.90)
STORM_KEEPS = 0.45
"""How much of its own colour a sky keeps in a storm."""

TINTS: dict[str, Color] = {
    "red": (0.86, 0.20, 0.18),
    "crimson": (0.72, 0.10, 0.18),
    "orange": (0.96, 0.55, 0.18),
    "gold": (0.95, 0.74, 0.30),
    "golden": (0.95, 0.74, 0.30),
    "yellow": (0.97, 0.85, 0.35),
    "green": (0.30, 0.66, 0.38),
    "emerald": (0.12, 0.60, 0.45),
    "teal": (0.15, 0.58, 0.60),
    "turquoise": (0.20, 0.70, 0.70),
    "blue": (0.20, 0.42, 0.86),
    "indigo": (0.28, 0.24, 0.66),
    "purple": (0.52, 0.28, 0.72),
    "violet": (0.58, 0.34, 0.80),
    "pink": (0.96, 0.52, 0.68),
    "magenta": (0.86, 0.24, 0.62),
    "white": (0.94, 0.94, 0.95),
}
"""Colour words and how they tint the air."""


def mix(one: Color, other: Color, share: float) -> Color:
    """`one` with `share` of `other` in it."""
    return (
        one[0] + (other[0] - one[0]) * share,
        one[1] + (other[1] - one[1]) * share,
        one[2] + (other[2] - one[2]) * share,
    )


def scale(color: Color, factor: float) -> Color:
    """`color` made darker or brighter."""
    return (color[0] * factor, color[1] * factor, color[2] * factor)


def turned(color: Color, turn: float) -> Color:
    """`color` with its hue turned by a share of the whole circle."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*color)
    return colorsys.hls_to_rgb((hue + turn) % 1.0, lightness, saturation)


def light_of(time: str, *, storm: bool, mist: bool, tint: Color | None, turn: float) -> Light:
    """The light of a time of day under this weather. `turn` shifts all hues a little, so that no two dusks match."""
    light = TIMES[time]
    sky = {"zenith": light.zenith, "middle": light.middle, "horizon": light.horizon, "haze": light.haze}
    sky = {name: turned(color, turn) for name, color in sky.items()}
    if tint is not None:
        shares = {"zenith": 0.30, "middle": 0.50, "horizon": 0.35, "haze": 0.40}
        depth = 0.35 if light.dark else 1.0
        sky = {name: mix(color, scale(tint, depth), shares[name]) for name, color in sky.items()}
    if storm:
        grey = scale(STORM_GREY, 0.35 if light.dark else 1.0)
        keeps = {"zenith": STORM_KEEPS * 0.5, "middle": STORM_KEEPS, "horizon": 0.75, "haze": 0.55}
        sky = {name: mix(grey, color, keeps[name]) for name, color in sky.items()}
    if mist:
        white = scale(MIST_WHITE, 0.30 if light.dark else 1.0)
        sky |= {"haze": mix(sky["haze"], white, 0.35), "horizon": mix(sky["horizon"], white, 0.25)}
    return replace(light, zenith=sky["zenith"], middle=sky["middle"], horizon=sky["horizon"], haze=sky["haze"])
