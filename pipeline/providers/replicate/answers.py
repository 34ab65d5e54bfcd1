"""Reads Replicate's answers: predictions, errors and throttling. Source: Replicate's HTTP API reference."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
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

FINISHED = frozenset({"succeeded", "failed", "canceled", "aborted"})
"""`aborted`: its deadline passed before it began (unbilled); clients of 2025 still forget this fourth one."""

_ELSEWHERE = frozenset({401, 402, 403, 404})
"""No such token, no credit, not allowed, no such model: another provider may do it."""

_PERCENT = re.compile(r"^\s*(\d{1,3})%\s*\|", re.MULTILINE)
_RESETS = re.compile(r"~(\d+)s")


def read_prediction(answer: Mapping[str, Any]) -> Prediction:
    """A prediction from Replicate's JSON. Raises ProviderUnclear when the answer is no prediction.

    What it returns can be committed: one value that Postgres refuses would hold up every row of its batch.
    """
    prediction_id, status = answer.get("id"), answer.get("status")
    if not (isinstance(prediction_id, str) and prediction_id.isprintable() and isinstance(status, str)):
        raise ProviderUnclear("the provider's answer is not a prediction: it has no id or no status")
    error = answer.get("error")
    output = read_output(answer.get("output") if status == SUCCEEDED else None)
    return Prediction(
        id=prediction_id,
        status=status,
        finished=status in FINISHED,
        input=answer.get("input"),
        created_at=_moment(answer.get("created_at")),
        output=output.addresses,
        unreadable=output.unreadable,
        # Postgres keeps no NUL in a text.
        error=str(error).replace("\0", "")[:2_000] if error else None,
        seconds=_seconds(answer.get("metrics")),
        progress=_percent(answer.get("logs")),
    )


def read_page(answer: Mapping[str, Any]) -> list[Prediction]:
    """The predictions of one page of the list. Raises ProviderUnclear when it is no such page."""
    results = answer.get("results")
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise ProviderUnclear("the provider's answer is not a page of predictions: it has no results")
    return [read_prediction(one) for one in results]


def _seconds(metrics: Any) -> float | None:
    seconds = metrics.get("predict_time") if isinstance(metrics, dict) else None
    return seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None


def _percent(logs: Any) -> int | None:
    found = _PERCENT.findall(logs.replace("\r", "\n")) if isinstance(logs, str) else []
    # A log may say 100 % long before the picture is there.
    return min(int(found[-1]), 99) if found else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    # Always with a zone: it is compared with moments that have one.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def error_of(status: int, answer: Any, *, buying: bool, retry_after: str | None = None) -> Exception:
    """The error that an HTTP status other than 2xx stands for. `buying` says that the request was a purchase."""
    detail = answer.get("detail") or answer.get("title") if isinstance(answer, dict) else None
    message = f"the provider answered {status}: {detail or 'no reason given'}"
    if status == 404 and not buying:
        return NotFound(message)
    if status == 429:
        resets = _RESETS.search(str(detail))
        wait = retry_after if retry_after and retry_after.isdecimal() else resets and resets[1]
        return ProviderThrottled(message, float(wait or 5))
    if buying and status in _ELSEWHERE:
        return RouteRefused(message)
    if status < 500:
        return ProviderRefused(message)
    # A gateway may time out while the machine behind it sells: a 5xx to a purchase says nothing.
    kind: type[ProviderError] = ProviderUnclear if buying else ProviderDown
    return kind(message)
