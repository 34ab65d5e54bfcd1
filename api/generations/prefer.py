"""`Prefer: wait=N` (RFC 7240): a submission that is answered when the generation has come to its end."""

import re

from starlette.requests import Request

HEADER = "Prefer"
APPLIED = "Preference-Applied"
LONGEST_WAIT = 120
"""Seconds. Whoever prefers more waits so long: proxies on the way end a silent request before that, mostly."""
_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,9})\"?", re.IGNORECASE)


def preferred_wait(request: Request) -> int:
    """The seconds that the client would wait, at most LONGEST_WAIT; 0 without that preference.

    A preference that cannot be read is none: RFC 7240 has it ignored.
    """
    for header in request.headers.getlist(HEADER):
        for preference in re.split(r"[,;]", header):
            if found := _WAIT.fullmatch(preference.strip()):
                return min(int(found[1]), LONGEST_WAIT)
    return 0
