"""From a request to a row: defaults and limits of its model, the provider's input, a seed when none was given."""

import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from pipeline.egress import Guard
from pipeline.errors import EgressRefused, Invalid
from pipeline.ids import new_id
from pipeline.models import VersionPrice, family_of, is_foreign, price_of_version
from schema.wire.http import GenerationRequest

SEEDS = 2**31
"""Seeds drawn here stay below this: every model takes them, and JavaScript reads them exactly."""
NO_PRICES: Mapping[str, VersionPrice] = MappingProxyType({})


def submission_of(
    request: GenerationRequest,
    user_id: str | None,
    guard: Guard,
    providers: Collection[str],
    prices: Mapping[str, VersionPrice] = NO_PRICES,
    *,
    needs_price: bool = False,
) -> dict[str, Any]:
    """The row to insert, to be bought at one of `providers`. Raises Invalid past a limit of the model, and for a source
    picture or a webhook that `guard` would never let a worker ask.

    `prices` are the operator's entries of versions outside the catalogue. With `needs_price` one without is refused;
    else it is accepted at an unknown price, which no budget pays.

    A seed is drawn for every model that takes one: it makes the picture repeatable, and the provider's input unlike
    any other, so that a purchase whose worker died can be found again in the provider's list.
    """
    family = family_of(request.model_id, request.model_version)
    wanted = family.sized(request.model_id, request.model_dump(), forgiving=request.forgiving)
    if request.forgiving:
        wanted = family.forgive(wanted)
    _check_moments(request)
    if request.webhook_url is not None:
        _check_webhook(request.webhook_url, user_id, guard)
    asked = family.asked(wanted)
    if wanted["seed"] is None and "seed" in family.fields:
        wanted["seed"] = random.randrange(SEEDS)
    filled = family.complete(request.model_id, wanted)
    if request.source_image_url is not None:
        _check_address("source_image_url", request.source_image_url, guard)
    if request.model_version is not None and is_foreign(request.model_id, request.model_version):
        price = price_of_version(request.model_version) or prices.get(request.model_version)
        if price is None and needs_price:
            raise Invalid("model_version", _no_price(request.model_version))
        stops = [family.version_stop(request.model_id, filled, price, providers)]
    else:
        with _told_by_ratio(request):
            stops = family.stops(request.model_id, asked, filled, providers)
    first, *others = stops
    return {
        "id": new_id(),
        "user_id": user_id,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": request.model_id,
        "model_id": request.model_id,
        "model_version": request.model_version,
        "style": filled.get("style", request.style),
        "width": filled.get("width"),
        "height": filled.get("height"),
        "steps": filled.get("num_inference_steps"),
        "guidance_scale": filled.get("guidance_scale"),
        "seed": filled.get("seed"),
        "source_image_url": filled.get("source_image_url"),
        "generation_strength": filled.get("strength"),
        "num_outputs": filled["num_outputs"],
        "priority": request.priority,
        "max_attempts": request.max_attempts,
        "provider": first.provider,
        "provider_model": first.model,
        "route": [stop.provider for stop in stops] if others else None,
        "stops": [stop._asdict() for stop in stops] if others else None,
        "deadline": request.deadline,
        "webhook_url": request.webhook_url,
        "metadata": request.metadata,
        "scheduled_at": request.scheduled_at,
        "input": first.input,
        "price": first.price,
        "estimated_cost": first.estimated_cost,
    }


@contextmanager
def _told_by_ratio(request: GenerationRequest) -> Iterator[None]:
    """Name the aspect ratio, where that was asked for, instead of the size that was made of it."""
    try:
        yield
    except Invalid as error:
        if request.aspect_ratio is None or error.field not in ("width", "height"):
            raise
        raise Invalid("aspect_ratio", str(error)) from None


def foreign_versions(requests: Iterable[GenerationRequest]) -> set[str]:
    """The versions in `requests` that are none of the catalogue's models: what they cost has to be looked up."""
    return {
        one.model_version
        for one in requests
        if one.model_version is not None and is_foreign(one.model_id, one.model_version)
    }


def _no_price(version: str) -> str:
    return (
        f"{version} is not in the catalogue, and nobody knows what it costs; the operator enters it with "
        f"`darkroom models add {version} --usd <price>`, or calls it with a service key"
    )


def _check_webhook(url: str, user_id: str | None, guard: Guard) -> None:
    if user_id is None:
        raise Invalid("webhook_url", "needs an owner, who alone may fetch the secret: send a key of your own")
    _check_address("webhook_url", url, guard)


def _check_address(field: str, url: str, guard: Guard) -> None:
    try:
        guard.check(url)
    except EgressRefused as error:
        raise Invalid(field, str(error)) from error


def _check_moments(request: GenerationRequest) -> None:
    if request.deadline is None:
        return
    if request.deadline <= datetime.now(UTC):
        raise Invalid("deadline", "must be in the future")
    if request.scheduled_at is not None and request.scheduled_at >= request.deadline:
        raise Invalid("deadline", "must be later than scheduled_at")
