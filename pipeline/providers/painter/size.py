"""What picture an input asks for: its pixels, how many, in which format."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.providers.painter.problems import InvalidField

SIDE_MIN, SIDE_MAX = 64, 4096
SHORT_SIDE = 1024
SHORT_SIDE_QUARTER_MEGAPIXEL = 512
OUTPUTS_MAX = 4
FORMATS = {"png": "png", "webp": "webp", "jpg": "jpg", "jpeg": "jpg"}
"""`output_format` to the ending of the output's URL."""

_RATIO = re.compile(r"([1-9]\d?):([1-9]\d?)")
_RATIO_WORDS = {"custom", "match_input_image"}
"""Values of `aspect_ratio` that name no ratio: the sides come from width and height, or are square."""


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """Pixels, number and format of the pictures one prediction makes."""

    prompt: str
    width: int
    height: int
    count: int
    ending: str
    quality: int


def read_picture_request(given: Mapping[str, Any]) -> tuple[PictureRequest, list[InvalidField]]:
    """The pictures that an input asks for, and every complaint about it (the request holds only if none)."""
    complaints: list[InvalidField] = []

    def complain(field: str, description: str) -> None:
        complaints.append({"type": "invalid_type", "field": f"input.{field}", "description": description})

    def whole(field: str, default: int, low: int, high: int) -> int:
        value = given.get(field)
        if value is None:
            return default
        if type(value) is not int or not low <= value <= high:
            complain(field, f"must be a whole number from {low} to {high}")
            return default
        return value

    def text(field: str, default: str) -> str:
        value = given.get(field)
        if value is not None and not isinstance(value, str):
            complain(field, "must be a string")
            return default
        return value or default

    width, height = _sides(text("aspect_ratio", "1:1"), given.get("megapixels"), complain)
    if given.get("width") is not None or given.get("height") is not None:
        width, height = SHORT_SIDE, SHORT_SIDE
    ending = FORMATS.get(text("output_format", "png"))
    if ending is None:
        complain("output_format", f"must be one of {', '.join(FORMATS)}")
    whole("seed", 0, -(2**63), 2**63 - 1)
    request = PictureRequest(
        prompt=text("prompt", ""),
        width=whole("width", width, SIDE_MIN, SIDE_MAX),
        height=whole("height", height, SIDE_MIN, SIDE_MAX),
        count=whole("num_outputs", 1, 1, OUTPUTS_MAX),
        ending=ending or "png",
        quality=whole("output_quality", 80, 0, 100),
    )
    return request, complaints


def _sides(ratio: str, megapixels: object, complain: Any) -> tuple[int, int]:
    short = SHORT_SIDE_QUARTER_MEGAPIXEL if megapixels == "0.25" else SHORT_SIDE
    found = _RATIO.fullmatch(ratio)
    if not found:
        if ratio not in _RATIO_WORDS:
            complain("aspect_ratio", "must be a ratio such as 16:9")
        return short, short
    across, down = int(found[1]), int(found[2])
    long = round(short * max(across, down) / min(across, down))
    if long > SIDE_MAX:
        complain("aspect_ratio", f"must leave both sides at most {SIDE_MAX} pixels")
    return (long, short) if across >= down else (short, long)
