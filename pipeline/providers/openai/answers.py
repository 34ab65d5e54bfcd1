"""Reads the answers of OpenAI's images API. Source: https://platform.openai.com/docs/api-reference/images"""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from pipeline.providers.http_errors import HUNG_UP, Statuses, error_from, error_in_answer
from pipeline.providers.outputs import read_output
from pipeline.providers.prediction import SUCCEEDED, Prediction
from pipeline.providers.refusals import Cause
from pipeline.providers.shortened import shortened
from pipeline.providers.withheld import sift, told_of

_KINDS = {"png": "png", "jpeg": "jpeg", "webp": "webp"}
_NUMBER = re.compile(r"[\w.:-]{1,200}")
# The call is the work itself: one that the server answers with an error has brought nothing and is not billed. What a
# gateway answers while it goes on behind it is another matter.
STATUSES = Statuses(unclear=frozenset({HUNG_UP, 502, 504, 520, 522, 524}))
NO_PICTURE = "it answered with no picture and no reason, as images APIs do when their moderation withholds all"


def read_images(answer: Mapping[str, Any], number: str | None) -> Prediction:
    """The pictures of one call, as a prediction that has ended. `number` is the call's, where the server gave one.

    OpenAI answers in base64; many servers that speak its API answer with addresses, or in a shape of their own. Raises
    ProviderUnclear when there is nothing that could be a picture.
    """
    data, withheld = sift(answer.get("data"))
    kind = _KINDS.get(str(answer.get("output_format")), "png")
    output = read_output(data if isinstance(data, list) else dict(answer), kind=kind)
    # Whoever answers 200 with something has sold something; an error or an empty shell says nothing.
    came = isinstance(data, list) or (
        answer.get("error") is None and any(isinstance(one, dict) and one for one in answer.values())
    )
    if not (came or output.addresses):
        said = f"the provider's answer has no pictures: it has no data; it says {shortened(answer)}"
        raise error_in_answer(answer, said)
    known = number if number and _NUMBER.fullmatch(number) else uuid.uuid4().hex
    if data == [] or (withheld and not output.addresses):
        return Prediction(
            id=known,
            status="failed",
            finished=True,
            input=None,
            created_at=None,
            error=told_of(withheld) if withheld else NO_PICTURE,
            cause=Cause.CONTENT,
            withheld=withheld,
        )
    return Prediction(
        id=known,
        status=SUCCEEDED,
        finished=True,
        input=None,
        created_at=None,
        output=output.addresses,
        unreadable=output.unreadable,
        withheld=withheld,
    )


def error_of(status: int, answer: Any, *, buying: bool, retry_after: str | None = None) -> Exception:
    """The error that an HTTP status of 300 or more stands for."""
    return error_from(STATUSES, status, answer, buying=buying, retry_after=retry_after)
