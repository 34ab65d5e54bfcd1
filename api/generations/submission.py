"""From a caller's request to a row: theirs, by who they are."""

from collections.abc import Collection, Mapping
from typing import Any

from api.auth.identity import Identity
from pipeline import submission
from pipeline.egress import Guard
from pipeline.models import VersionPrice
from schema.wire.http import GenerationRequest


def submission_of(
    request: GenerationRequest,
    identity: Identity,
    guard: Guard,
    providers: Collection[str],
    prices: Mapping[str, VersionPrice] = submission.NO_PRICES,
) -> dict[str, Any]:
    """The row to insert for this caller. Raises Invalid as `pipeline.submission.submission_of`.

    Only a service key may call a version that nobody knows the price of.
    """
    needs_price = identity.role != "service"
    return submission.submission_of(request, identity.user_id, guard, providers, prices, needs_price=needs_price)
