"""User ids: what may name a user, whoever does it."""

from pipeline.limits import EACH
from pipeline.money import EVERYBODY

LONGEST_USER_ID = 255
RESERVED = frozenset({EACH, EVERYBODY})
"""They have a meaning in limits: a user of this name would set, spend or escape what is not theirs."""


def complaint_about(user_id: str) -> str | None:
    """Why this cannot be a user's id; None when it can."""
    if not 1 <= len(user_id) <= LONGEST_USER_ID or not user_id.isprintable():
        return f"must be 1 to {LONGEST_USER_ID} printable characters"
    if user_id in RESERVED:
        return f"must not be {' or '.join(sorted(RESERVED))}, which stand for users in limits"
    return None
