"""What picture a model's input asks for: checked against the model's page where it has one, then put in plain terms."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.providers.painter.pages import PAGES, Page
from pipeline.providers.painter.problems import InvalidField
from pipeline.providers.painter.size import PictureRequest, read_picture_request

_THOUSAND = 1024
"""Pixels of the longer side for each K of a size such as 2K."""


def read_asked(model: str, given: Mapping[str, Any]) -> tuple[PictureRequest, list[InvalidField]]:
    """The pictures that an input asks of a model, and every complaint about it (the request holds only if none)."""
    page = PAGES.get(model)
    if page is None:
        return read_picture_request(given)
    if complaints := page.complaints(given):
        return read_picture_request({})[0], complaints
    request, complaints = read_picture_request(_plain(given))
    ending = request.ending if "output_format" in given else page.ending
    return replace(request, ending=ending, count=_count(given)), complaints


def read_picture(model: str, given: Mapping[str, Any]) -> PictureRequest:
    """The pictures that an input which was checked asks of a model."""
    return read_asked(model, given)[0]


def is_single(model: str) -> bool | None:
    """Whether a model's output is one address; None when it has no page."""
    page: Page | None = PAGES.get(model)
    return page.single if page else None


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """The input in the words that every model shares: a size by its name becomes width and height."""
    plain = {name: value for name, value in given.items() if name != "num_outputs"}
    size = given.get("size")
    if not isinstance(size, str):
        return plain
    width, times, height = size.partition("x")
    if times:
        return {**plain, "width": int(width), "height": int(height), "aspect_ratio": "1:1"}
    if size.endswith("K"):
        across, down = (int(side) for side in _ratio(given).split(":"))
        longer = int(size[:-1]) * _THOUSAND
        sides = longer * across // max(across, down), longer * down // max(across, down)
        return {**plain, "width": sides[0], "height": sides[1], "aspect_ratio": "1:1"}
    return plain


def _ratio(given: Mapping[str, Any]) -> str:
    ratio = given.get("aspect_ratio")
    return ratio if isinstance(ratio, str) and ":" in ratio else "1:1"


def _count(given: Mapping[str, Any]) -> int:
    if given.get("sequential_image_generation") == "auto":
        return int(given.get("max_images", 1))
    return int(given.get("num_outputs", 1))
