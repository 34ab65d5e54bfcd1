"""From a caller's request to a row: theirs, by who they are."""

from collections.abc import Collection
from typing import Any

from api.auth.identity import Identity
from pipeline import submission
from pipeline.egress import Guard
from schema.wire.http import GenerationRequest


def submission_of(
    request: GenerationRequest, identity: Identity, guard: Guard, providers: Collection[str]
) -> dict[str, Any]:
    """The row to insert for this caller. Raises Invalid as `pipeline.submission.submission_of`."""
    return submission.submission_of(request, identity.user_id, guard, providers)
