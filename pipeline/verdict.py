"""Verdict: what to do about an attempt that brought no picture. Pure: no row, socket or clock."""

import random
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.errors import ProviderDown, ProviderError, ProviderRefused, ProviderThrottled

MAX_RETRIES = 20
"""How often one stage of a generation is tried again, however blameless the attempts were."""

_REFUSED = re.compile(r"nsfw|safety|sensitive|content policy|moderation|prohibited", re.IGNORECASE)


class TryAgain(NamedTuple):
    """Another try, `delay` seconds from now; `unsold` when nothing can have been bought by this one."""

    delay: float
    why: str
    unsold: bool


class GiveUp(NamedTuple):
    """No other try would end better."""

    why: str


def backoff(retries: int, *, longest: float = 60.0) -> float:
    """Seconds to wait after `retries` tries: doubling from one second, with full jitter above the half."""
    ceiling = min(longest, 2.0 ** min(retries, 16))
    return random.uniform(ceiling / 2, ceiling)


def on_error(error: ProviderError, retries: int) -> TryAgain | GiveUp | None:
    """What an error of the purchase means; None when it cannot be told, so the watcher must look first."""
    match error:
        case ProviderRefused():
            return GiveUp(str(error))
        case ProviderDown() | ProviderThrottled() if retries >= MAX_RETRIES:
            return GiveUp(f"gave up after {retries} retries: {error}")
        case ProviderThrottled():
            return TryAgain(error.retry_after, str(error), unsold=True)
        case ProviderDown():
            return TryAgain(backoff(retries), str(error), unsold=True)
        case _:
            return None


def on_undeveloped(prediction: Mapping[str, Any], attempt: int, max_attempts: int, retries: int) -> TryAgain | GiveUp:
    """What a prediction that ended without a picture means."""
    status, error = prediction.get("status"), prediction.get("error")
    why = f"the provider's prediction {status}: {error or 'it brought no output'}"
    if status == "canceled":
        return GiveUp("the prediction was canceled at the provider")
    if error and _REFUSED.search(error):
        return GiveUp(f"the provider refused the content: {error}")
    return on_lost(why, attempt, max_attempts, retries)


def on_lost(why: str, attempt: int, max_attempts: int, retries: int) -> TryAgain | GiveUp:
    """What an attempt that came to nothing means: another one, while there are any left."""
    if attempt >= max_attempts:
        return GiveUp(f"gave up after {attempt} of {max_attempts} attempts: {why}")
    return TryAgain(backoff(retries), why, unsold=False)
