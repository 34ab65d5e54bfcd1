"""Reads Replicate's answers: predictions, errors and throttling. Source: Replicate's HTTP API reference."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from pipeline.errors import ProviderUnclear
from pipeline.providers.error_body import printable, read_error_body
from pipeline.providers.http_errors import EVERY_5XX, HUNG_UP, Statuses, error_from, error_in_answer
from pipeline.providers.lenient_fields import (
    FAILED,
    FINISHED,
    PROCESSING,
    SUCCEEDED,
    id_of,
    log_of,
    moment_of,
    percent_of,
    seconds_of,
    status_of,
)
from pipeline.providers.outputs import read_output
from pipeline.providers.prediction import NAMELESS, Prediction
from pipeline.providers.refusals import BLACKENED, Cause, cause_by_codes, cause_of
from pipeline.providers.withheld import sift, told_of

log = logging.getLogger(__name__)

# A gateway may time out while the machine behind it sells: a 5xx to a purchase says nothing, nor does a 408. The list
# tells.
STATUSES = Statuses(unclear=EVERY_5XX | {408, HUNG_UP})
_ADDRESS = re.compile(r"/predictions/([\w-]{1,200})/?$")


def read_prediction(answer: Any) -> Prediction:
    """A prediction from Replicate's JSON. Raises ProviderUnclear when the answer is no prediction.

    What it returns can be committed: one value that Postgres refuses would hold up every row of its batch.
    """
    prediction_id = _id(answer) if isinstance(answer, dict) else None
    if prediction_id is None or not isinstance(answer.get("status"), str):
        raise ProviderUnclear("the provider's answer is not a prediction: it has no id or no status")
    return _read(answer, prediction_id)


def read_sale(answer: Any) -> Prediction:
    """A prediction that was just bought. Raises what an error in its place says, or ProviderUnclear."""
    try:
        return read_prediction(answer)
    except ProviderUnclear as unclear:
        raise error_in_answer(answer, str(unclear)) from None


def read_page(answer: Mapping[str, Any]) -> list[Prediction]:
    """The predictions of one page of the list. Raises ProviderUnclear when it is no such page.

    An item that cannot be read is left out, and the others are not: one of them must not hide a hundred purchases. One
    that has lost its id but says what was asked comes with an empty id: it can be adopted by nobody, but whoever looks
    for it must not find that nothing was bought. When none can be read, the page is none: nothing follows from it.
    """
    results = answer.get("results")
    if not isinstance(results, list):
        raise ProviderUnclear("the provider's answer is not a page of predictions: it has no results")
    read = [_read(one, _id(one) or NAMELESS) for one in results if isinstance(one, dict)]
    kept = [one for one in read if one.id != NAMELESS or one.input]
    if len(kept) < len(results):
        log.warning("%d of %d items of the provider's list cannot be read", len(results) - len(kept), len(results))
    if results and not any(one.id != NAMELESS for one in kept):
        raise ProviderUnclear("the provider's answer is not a page of predictions: none of its items has an id")
    return kept


def next_cursor(page: Mapping[str, Any]) -> str | None:
    """The query of the page that follows; None on the last one. Raises ProviderUnclear when its address has none.

    The cursor comes as a whole address; the token goes only to the host that we were given.
    """
    address = page.get("next")
    if address is None or address == "":
        return None
    query = address.partition("?")[2].partition("#")[0] if isinstance(address, str) else ""
    if not query or not query.isascii() or not query.isprintable():
        raise ProviderUnclear("the provider's list does not say where its next page is")
    return query


def _id(answer: Mapping[str, Any]) -> str | None:
    if found := id_of(answer.get("id")):
        return found
    # The address of a prediction ends in its id.
    urls = answer.get("urls")
    address = urls.get("get") if isinstance(urls, dict) else None
    in_address = _ADDRESS.search(address) if isinstance(address, str) else None
    return in_address[1] if in_address else None


def _read(answer: Mapping[str, Any], prediction_id: str) -> Prediction:
    told = answer.get("status")
    known = status_of(told)
    status = known or PROCESSING
    error, cause = _error(answer.get("error"), told) if known != SUCCEEDED else (None, None)
    if known is None and isinstance(told, str) and answer.get("completed_at"):
        # A word that nobody knows, of something that has ended.
        status = FAILED if error or answer.get("output") is None else SUCCEEDED
    given, withheld = sift(answer.get("output")) if status == SUCCEEDED else (None, 0)
    written = log_of(answer.get("logs"))
    output = read_output(given)
    addresses = output.addresses
    if len(addresses) == 1 and not withheld and "black image" in written and BLACKENED.search(written):
        # Of several it cannot be told which are black.
        addresses, withheld = [], 1
    if withheld and not addresses:
        status, error, cause = FAILED, told_of(withheld), Cause.CONTENT
    asked = answer.get("input")
    return Prediction(
        id=prediction_id,
        status=status,
        finished=status in FINISHED,
        input=asked if isinstance(asked, dict) else None,
        created_at=moment_of(answer.get("created_at")),
        output=addresses,
        unreadable=output.unreadable,
        error=error,
        cause=cause,
        withheld=withheld,
        seconds=seconds_of(metrics.get("predict_time")) if isinstance(metrics := answer.get("metrics"), dict) else None,
        progress=percent_of(written),
    )


def _error(told: Any, status: Any) -> tuple[str | None, Cause | None]:
    """What a failure says, and what is behind it; a status may say it, too ("Content Moderated")."""
    body = read_error_body(told) if told else None
    cause = cause_of(body) if body else None
    moderated = isinstance(status, str) and cause_by_codes((status,)) == Cause.CONTENT
    reason = body.reason if body else printable(status, 100) if moderated else None
    return reason, Cause.CONTENT if moderated else cause


def error_of(status: int, answer: Any, *, buying: bool, retry_after: str | None = None) -> Exception:
    """The error that an HTTP status other than 2xx stands for. `buying` says that the request was a purchase."""
    return error_from(STATUSES, status, answer, buying=buying, retry_after=retry_after)
