"""What one request for OpenAI's images asks for, checked as OpenAI checks it."""

from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.providers.painter.order import Order
from pipeline.providers.painter.pages.openai import OPENAI_PAGES
from pipeline.providers.painter.problems import Problem, invalid
from pipeline.providers.painter.size import FORMATS, PictureRequest


def read_order(body: bytes) -> Order:
    """Check a request for a model that the painter knows. Raises Problem 400, 404 and 422."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None
    if not isinstance(asked, dict):
        raise Problem(400, "The body must be a JSON object.")
    model = asked.pop("model", None)
    page = OPENAI_PAGES.get(model)
    if page is None:
        raise Problem(404, f"The model {model!r} does not exist or you do not have access to it.")
    if complaints := page.complaints(asked):
        raise invalid(complaints)
    return Order(model, "images", asked, None, frozenset(), read_picture(model, asked))


def read_picture(_model: str, given: Mapping[str, Any]) -> PictureRequest:
    """The pictures that an input which was checked asks for."""
    across, times, down = given.get("size", "auto").partition("x")
    width, height = (int(across), int(down)) if times else (1024, 1024)
    ending = FORMATS.get(given.get("output_format", "png"), "webp")
    return PictureRequest(given["prompt"], width, height, given.get("n", 1), ending, 80)
