"""Verdict: what to do about an attempt that brought no picture. Pure: no row, socket or clock."""

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row

from pipeline.errors import (
    OutputBroken,
    OutputForbidden,
    OutputRefused,
    OutputUninspectable,
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    RouteRefused,
    SourceError,
    SourceRefused,
    StoreError,
)
from pipeline.providers.refusals import Cause, cause_by_words

MAX_RETRIES = 100
"""How often a purchase is put off, however blameless it was: some eight hours of a provider that is down."""
MAX_DOWNLOADS = 30
"""How often outputs are fetched: longer than most providers keep them."""
LOOKS_AT_SOURCE = 6
"""How often a source picture is asked for whose host does not answer: about a minute."""
LOOKS_AT_BROKEN = 6
"""How often a broken output is fetched again: it may have been broken on the way."""


class TryAgain(NamedTuple):
    """Another try, `delay` seconds from now; `unsold` when nothing can have been bought by this one; `down` when that
    is the provider's fault.
    """

    delay: float
    why: str
    unsold: bool
    down: bool = False


class SendOn(NamedTuple):
    """Another provider is asked at once: at this one nothing was bought. `refused`: nor will it take it later."""

    provider: str
    why: str
    refused: bool


class GiveUp(NamedTuple):
    """No other try would end better; `elsewhere` when another provider might do it."""

    why: str
    elsewhere: bool = False


def backoff(retries: int, *, longest: float = 300.0) -> float:
    """Seconds to wait after `retries` tries: doubling from one second, with full jitter above the half."""
    ceiling = min(longest, 2.0 ** min(retries, 16))
    return random.uniform(ceiling / 2, ceiling)


def on_error(error: ProviderError, retries: int) -> TryAgain | GiveUp | None:
    """What an error of the purchase means; None when it cannot be told, so the watcher must look first."""
    match error:
        case ProviderRefused():
            return GiveUp(str(error), elsewhere=isinstance(error, RouteRefused))
        case ProviderDown() | ProviderThrottled() if retries >= MAX_RETRIES:
            return GiveUp(f"gave up after {retries} retries: {error}")
        case ProviderThrottled():
            return TryAgain(error.retry_after, str(error), unsold=True)
        case ProviderDown():
            return TryAgain(backoff(retries), str(error), unsold=True, down=True)
        case _:
            return None


def elsewhere(verdict: TryAgain | GiveUp, row: Row[Any]) -> TryAgain | GiveUp | SendOn:
    """The verdict, unless the provider was down or refused a row (its `provider`, `route` and `refused_by`) that has a
    route to another one behind this one. Behind the last one, a row that somebody was only down for tries again later.
    """
    refused = isinstance(verdict, GiveUp) and verdict.elsewhere
    if not (refused or (isinstance(verdict, TryAgain) and verdict.down)):
        return verdict
    names = row.route or []
    behind = names[names.index(row.provider) + 1 :] if row.provider in names else []
    for name in behind:
        if name not in row.refused_by:
            return SendOn(name, f"{row.provider}: {verdict.why}", refused)
    if refused and (left := [name for name in names if name not in (*row.refused_by, row.provider)]):
        return SendOn(left[0], f"{row.provider}: {verdict.why}", refused)
    return verdict


def on_source(error: SourceError, retries: int) -> TryAgain | GiveUp:
    """What it means that a source picture could not be fetched. Nothing was bought."""
    if isinstance(error, SourceRefused):
        return GiveUp(f"the source picture cannot be used: {error}")
    if retries + 1 >= LOOKS_AT_SOURCE:
        return GiveUp(f"the source picture could not be fetched in {retries + 1} tries: {error}")
    return TryAgain(backoff(retries), f"the source picture could not be fetched: {error}", unsold=True)


def on_undeveloped(prediction: Mapping[str, Any], attempts: int, max_attempts: int, retries: int) -> TryAgain | GiveUp:
    """What a prediction that ended without a picture means."""
    status, error = prediction.get("status"), prediction.get("error")
    if unreadable := prediction.get("unreadable"):
        # It was sold; the same model would answer the next one in the same shape.
        return GiveUp(
            "the provider delivered an output in which no picture can be found. It has been paid for and is not bought "
            f"again: a retry reads it once more, a new generation buys another. What came: {unreadable}"
        )
    why = f"the provider's prediction {status}: {error or 'it brought no output'}"
    if status == "canceled":
        return GiveUp("the prediction was canceled at the provider")
    if status == "aborted":
        # Its deadline at the provider passed while it waited there. Source: Replicate's changelog, 2025-10-16.
        why = f"the provider aborted the prediction before it began; it was not billed{f' ({error})' if error else ''}"
    # What the provider's own fields say goes before its words; a record without a cause has only those.
    cause = prediction.get("cause") or (error and cause_by_words(str(error)))
    if cause == Cause.CONTENT:
        return GiveUp(f"the provider refused the content: {error}")
    if cause == Cause.INPUT:
        return GiveUp(f"the provider cannot use the input: {error}")
    return on_lost(why, attempts, max_attempts, retries)


def on_lost(
    why: str, attempts: int, max_attempts: int, retries: int, *, trouble: str | None = None
) -> TryAgain | GiveUp:
    """What an attempt that came to nothing means: another one, while there are any left.

    `trouble` is what the provider was heard to say when the purchase failed: then nothing was bought and nobody died of
    it, and the attempt is given back.
    """
    if trouble and retries < MAX_RETRIES:
        return TryAgain(backoff(retries), trouble, unsold=True, down=True)
    if attempts >= max_attempts:
        return GiveUp(f"gave up after {attempts} of {max_attempts} attempts: {why}")
    return TryAgain(backoff(retries), why, unsold=False)


def on_unstored(error: Exception, tries: int) -> TryAgain | GiveUp:
    """What it means that outputs could not be stored, for the `tries`th time; the attempt's number stays as it is."""
    why = str(error) or "it took too long"
    if isinstance(error, StoreError):
        # Where it is and what is wrong with it is the operator's to read, in the log.
        why = "the store does not take pictures now"
    if isinstance(error, OutputRefused | OutputUninspectable):
        # Neither the address nor the bytes will be better next time, and each look costs a process.
        return GiveUp(f"the picture could not be stored: {error}")
    if tries >= MAX_DOWNLOADS or (isinstance(error, OutputBroken | OutputForbidden) and tries >= LOOKS_AT_BROKEN):
        return GiveUp(f"the picture could not be stored after {tries} {'try' if tries == 1 else 'tries'}: {why}")
    return TryAgain(backoff(tries - 1), why, unsold=True)
