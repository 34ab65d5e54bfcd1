"""Reads the answers of OpenAI's images API. Source: https://platform.openai.com/docs/api-reference/images"""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from pipeline.errors import (
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnclear,
    RouteRefused,
)
from pipeline.providers.outputs import read_output
from pipeline.providers.prediction import SUCCEEDED, Prediction
from pipeline.providers.shortened import shortened

_KINDS = {"png": "png", "jpeg": "jpeg", "webp": "webp"}
_NUMBER = re.compile(r"[\w.:-]{1,200}")
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_ELSEWHERE = frozenset({401, 402, 403, 404})
_GATEWAYS = frozenset({502, 504, 520, 522, 524})


def read_images(answer: Mapping[str, Any], number: str | None) -> Prediction:
    """The pictures of one call, as a prediction that has ended. `number` is the call's, where the server gave one.

    OpenAI answers in base64; many servers that speak its API answer with addresses, or in a shape of their own. Raises
    ProviderUnclear when there is nothing that could be a picture.
    """
    data = answer.get("data")
    kind = _KINDS.get(str(answer.get("output_format")), "png")
    output = read_output(data if isinstance(data, list) else dict(answer), kind=kind)
    # Whoever answers 200 with something has sold something; an error or an empty shell says nothing.
    came = isinstance(data, list) or (
        answer.get("error") is None and any(isinstance(one, dict) and one for one in answer.values())
    )
    if not (came or output.addresses):
        raise ProviderUnclear(f"the provider's answer has no pictures: it has no data; it says {shortened(answer)}")
    known = number if number and _NUMBER.fullmatch(number) else uuid.uuid4().hex
    return Prediction(
        id=known,
        status=SUCCEEDED,
        finished=True,
        input=None,
        created_at=None,
        output=output.addresses,
        unreadable=output.unreadable,
    )


def error_of(status: int, answer: Any, *, buying: bool, retry_after: str | None = None) -> Exception:
    """The error that an HTTP status of 300 or more stands for."""
    error = answer.get("error") if isinstance(answer, dict) else None
    told = error if isinstance(error, dict) else {}
    code = told.get("code") or told.get("type")
    message = f"the provider answered {status}: {told.get('message') or 'no reason given'}" + (
        f" ({code})" if code else ""
    )
    if status in _ELSEWHERE or code in _NO_CREDIT:
        # No key, no credit (429 there), no such model.
        return RouteRefused(message)
    if status == 429:
        return ProviderThrottled(message, float(retry_after if retry_after and retry_after.isdecimal() else 5))
    if status < 500:
        return ProviderRefused(message)
    # The call is the work itself: one that the server answers with an error has brought nothing and is not billed. What
    # a gateway answers while it goes on behind it is another matter.
    kind: type[ProviderError] = ProviderUnclear if status in _GATEWAYS else ProviderDown
    return kind(message)
