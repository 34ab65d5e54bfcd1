"""Reads fal's answers: numbers in the queue, statuses, results, errors. Source: https://docs.fal.ai/model-apis/model-endpoints/queue"""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.errors import NotFound, ProviderError, ProviderUnclear
from pipeline.providers.error_body import ErrorBody, read_error_body
from pipeline.providers.http_errors import HUNG_UP, Statuses, error_from, error_in_answer
from pipeline.providers.lenient_fields import FAILED, PROCESSING, STARTING, SUCCEEDED, id_of, seconds_of, status_of
from pipeline.providers.outputs import read_output
from pipeline.providers.prediction import Prediction
from pipeline.providers.refusals import cause_of
from pipeline.providers.wire import Answer
from pipeline.providers.withheld import sift, told_of

_REQUEST_ID = re.compile(r"[\w-]{1,200}")
WITHHELD_TYPE = "content_policy_violation"
"""What fal calls it where it says so with an error."""
# A gateway may time out while the queue behind it takes the request; 503 is the queue's own word that it did not.
STATUSES = Statuses(unclear=frozenset({HUNG_UP, 500, 502, 504, 520, 524}))
_OURS = frozenset({401, 402, 403, 407, 408, 421, 425, 429})
"""Answers to whoever asks for a result, not about it."""
_GATEWAYS = frozenset({502, 503, 504})


def read_request(answer: Mapping[str, Any]) -> Prediction:
    """A prediction that was just submitted. Raises what an error in its place says, or ProviderUnclear."""
    try:
        request_id = read_request_id(answer)
    except ProviderUnclear as unclear:
        raise error_in_answer(answer, str(unclear)) from None
    stands = status_of(answer.get("status"))
    return under_way(request_id, stands if stands in (STARTING, PROCESSING) else STARTING)


def read_request_id(answer: Any) -> str:
    """The number of a request. Raises ProviderUnclear."""
    request_id = id_of(answer.get("request_id")) if isinstance(answer, dict) else None
    if not (request_id and _REQUEST_ID.fullmatch(request_id)):
        raise ProviderUnclear("the provider's answer has no request_id")
    return request_id


def under_way(request_id: str, status: str) -> Prediction:
    """A prediction that has not ended."""
    return Prediction(id=request_id, status=status, finished=False, input=None, created_at=None)


def ended(request_id: str, payload: object, *, seconds: float | None = None) -> Prediction:
    """A prediction with its result; one whose pictures were all withheld has failed."""
    payload, withheld = sift(payload)
    output = read_output(payload)
    if withheld and not output.addresses:
        return failed(request_id, ErrorBody(told_of(withheld), (WITHHELD_TYPE,)), withheld=withheld, seconds=seconds)
    return Prediction(
        id=request_id,
        status=SUCCEEDED,
        finished=True,
        input=None,
        created_at=None,
        output=output.addresses,
        unreadable=output.unreadable,
        seconds=seconds,
        withheld=withheld,
    )


def failed(request_id: str, told: ErrorBody, *, withheld: int = 0, seconds: float | None = None) -> Prediction:
    """A prediction that ended without a result."""
    return Prediction(
        id=request_id,
        status=FAILED,
        finished=True,
        input=None,
        created_at=None,
        error=told.reason,
        cause=cause_of(told),
        withheld=withheld,
        seconds=seconds,
    )


def canceled(request_id: str) -> Prediction:
    """A prediction that was taken out of the queue before it began."""
    return Prediction(id=request_id, status="canceled", finished=True, input=None, created_at=None)


def worked(status: Mapping[str, Any]) -> float | None:
    """How many seconds the provider worked, by a status."""
    metrics = status.get("metrics")
    return seconds_of(metrics.get("inference_time")) if isinstance(metrics, dict) else None


def read_failure(answer: Answer) -> ProviderError | NotFound | None:
    """The error of asking for a result; None when the answer is the model's own failure, which fal sends as the result.

    A request that has ended in an error has its status and its body. Source: https://docs.fal.ai/errors
    """
    status, content = answer.status, answer.content
    body = read_error_body(content)
    told = isinstance(content, dict) and bool(content.get("detail") or content.get("error_type"))
    if status in _OURS or (status >= 500 and not told):
        return error_of(status, content, buying=False, retry_after=answer.asked_wait)
    if status in _GATEWAYS and not body.codes:
        return error_of(status, content, buying=False)
    return None


def error_of(status: int, answer: Any, *, buying: bool, retry_after: str | None = None) -> ProviderError | NotFound:
    """The error that an HTTP status of 300 or more stands for. `buying` says that the request was a purchase."""
    return error_from(STATUSES, status, answer, buying=buying, retry_after=retry_after)
