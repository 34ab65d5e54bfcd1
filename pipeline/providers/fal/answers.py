"""Reads fal's answers: numbers in the queue, statuses, results, errors. Source: https://docs.fal.ai/model-apis/model-endpoints/queue"""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.errors import (
    NotFound,
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnclear,
    RouteRefused,
)
from pipeline.providers.outputs import read_output
from pipeline.providers.prediction import SUCCEEDED, Prediction

_REQUEST_ID = re.compile(r"[\w-]{1,200}")
STATUSES = {"IN_QUEUE": "starting", "IN_PROGRESS": "processing", "COMPLETED": "processing"}
"""COMPLETED comes for failures too: only the result tells which."""
_ELSEWHERE = frozenset({401, 402, 403, 404})
"""No such key, no credit (403 there), no such application: another provider may do it."""
_GATEWAYS = frozenset({500, 502, 504})


def read_request(answer: Mapping[str, Any]) -> Prediction:
    """A prediction that was just submitted. Raises ProviderUnclear when the answer has no number."""
    return under_way(read_request_id(answer), STATUSES.get(str(answer.get("status")), "starting"))


def read_request_id(answer: Mapping[str, Any]) -> str:
    """The number of a request. Raises ProviderUnclear."""
    request_id = answer.get("request_id")
    if not (isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id)):
        raise ProviderUnclear("the provider's answer has no request_id")
    return request_id


def under_way(request_id: str, status: str) -> Prediction:
    """A prediction that has not ended."""
    return Prediction(id=request_id, status=status, finished=False, input=None, created_at=None)


def ended(request_id: str, payload: object, *, seconds: float | None = None) -> Prediction:
    """A prediction with its result."""
    output = read_output(payload)
    return Prediction(
        id=request_id,
        status=SUCCEEDED,
        finished=True,
        input=None,
        created_at=None,
        output=output.addresses,
        unreadable=output.unreadable,
        seconds=seconds,
    )


def failed(request_id: str, error: str) -> Prediction:
    """A prediction that ended without a result."""
    return Prediction(
        id=request_id,
        status="failed",
        finished=True,
        input=None,
        created_at=None,
        error=error.replace("\0", "")[:2_000],
    )


def canceled(request_id: str) -> Prediction:
    """A prediction that was taken out of the queue before it began."""
    return Prediction(id=request_id, status="canceled", finished=True, input=None, created_at=None)


def seconds_of(status: Mapping[str, Any]) -> float | None:
    """How long the provider worked, by a status."""
    metrics = status.get("metrics")
    seconds = metrics.get("inference_time") if isinstance(metrics, dict) else None
    return seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None


def reason(answer: object) -> str:
    """What an error says: fal has a text, or a list of what is wrong with the input, each with its type."""
    detail = answer.get("detail") if isinstance(answer, dict) else None
    if isinstance(detail, list):
        parts = [f"{one.get('msg')} ({one.get('type')})" for one in detail if isinstance(one, dict)]
        return "; ".join(parts) or "no reason given"
    return str(detail or "no reason given")


def error_of(status: int, answer: Any, *, buying: bool, retry_after: str | None = None) -> Exception:
    """The error that an HTTP status of 300 or more stands for. `buying` says that the request was a purchase."""
    message = f"the provider answered {status}: {reason(answer)}"
    if status == 404 and not buying:
        return NotFound(message)
    if status == 429:
        return ProviderThrottled(message, float(retry_after if retry_after and retry_after.isdecimal() else 5))
    if buying and status in _ELSEWHERE:
        return RouteRefused(message)
    if status < 500:
        return ProviderRefused(message)
    # A gateway may time out while the queue behind it takes the request; 503 is the queue's own word that it did not.
    kind: type[ProviderError] = ProviderUnclear if buying and status in _GATEWAYS else ProviderDown
    return kind(message)
