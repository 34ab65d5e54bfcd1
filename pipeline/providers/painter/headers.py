"""The two request headers of a create that carry times: Prefer and Cancel-After."""

import re

from pipeline.providers.painter.problems import Problem

WAIT_SECONDS = 60
CANCEL_AFTER_MIN_SECONDS = 5

_WAIT = re.compile(r"wait(?:=(\d+))?")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def read_wait(prefer: str | None) -> int | None:
    """Seconds that `Prefer: wait[=N]` keeps the request open, 1 to 60; None when it asks for no wait.

    Source: https://replicate.com/docs/topics/predictions/create-a-prediction#sync-mode
    """
    for preference in (prefer or "").split(","):
        found = _WAIT.fullmatch(preference.strip())
        if found is None:
            continue
        seconds = int(found[1] or WAIT_SECONDS)
        if not 1 <= seconds <= WAIT_SECONDS:
            raise Problem(422, f"Prefer: wait=N takes 1 to {WAIT_SECONDS} seconds.")
        return seconds
    return None


def read_cancel_after(header: str | None) -> float | None:
    """Seconds in `Cancel-After` ("90", "90s", "5m", "1h30m45s"), at least 5; None without the header.

    Source: the Cancel-After header of predictions.create, https://replicate.com/docs/reference/http
    """
    if header is None:
        return None
    found = _DURATION.fullmatch(header.strip())
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    total = hours * 3600 + minutes * 60 + seconds
    if total < CANCEL_AFTER_MIN_SECONDS:
        raise Problem(
            422,
            f"Cancel-After takes a duration such as 30s, 5m or 1h30m, at least {CANCEL_AFTER_MIN_SECONDS}s.",
        )
    return total
