"""What one request to fal's queue asks for, checked as fal checks it."""

from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.providers.painter.order import Order
from pipeline.providers.painter.pages.fal import FAL_PAGES
from pipeline.providers.painter.problems import InvalidField, Problem, invalid
from pipeline.providers.painter.size import FORMATS, PictureRequest

SIZES = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
COMPLETED = frozenset({"completed"})


def read_order(body: bytes, model: str, webhook: str | None) -> Order:
    """Check a request for a model that the painter knows. Raises Problem 404 and 422."""
    page = FAL_PAGES.get(model)
    if page is None:
        raise Problem(404, f"Application {model!r} not found")
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(422, f"The body is not JSON: {error}.") from None
    if not isinstance(given, dict):
        complaints: list[InvalidField] = [
            {"type": "dict_type", "field": "body", "description": "Input should be a dict"}
        ]
    else:
        complaints = page.complaints(given)
    if complaints:
        raise invalid(complaints)
    return Order(model, "queue", given, webhook, COMPLETED, read_picture(model, given))


def read_picture(_model: str, given: Mapping[str, Any]) -> PictureRequest:
    """The pictures that an input which was checked asks for."""
    size = given.get("image_size", "square_hd")
    width, height = (size["width"], size["height"]) if isinstance(size, dict) else SIZES.get(size, (1024, 1024))
    ending = FORMATS.get(given.get("output_format") or given.get("format") or "jpeg", "webp")
    return PictureRequest(given["prompt"], width, height, given.get("num_images", 1), ending, 80)
