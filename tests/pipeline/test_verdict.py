"""Verdicts: what is final at once, what is tried again, and what cannot be told."""

import pytest

from pipeline.errors import (
    OutputBroken,
    OutputUninspectable,
    OutputUnreachable,
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnclear,
    SourceRefused,
    SourceUnreachable,
)
from pipeline.verdict import (
    LOOKS_AT_BROKEN,
    LOOKS_AT_SOURCE,
    MAX_DOWNLOADS,
    MAX_RETRIES,
    GiveUp,
    TryAgain,
    backoff,
    on_error,
    on_lost,
    on_source,
    on_undeveloped,
    on_unstored,
)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ProviderRefused("422: prompt is not allowed"), GiveUp("422: prompt is not allowed")),
        (ProviderThrottled("429", 30.0), TryAgain(30.0, "429", unsold=True)),
        (ProviderUnclear("lost"), None),
    ],
)
def test_errors_of_a_purchase(error: ProviderError, verdict: object) -> None:
    assert on_error(error, retries=0) == verdict


@pytest.mark.parametrize("error", [None, "Deadline exceeded"])
def test_an_aborted_prediction_is_bought_again_while_there_are_attempts(error: str | None) -> None:
    aborted = {"status": "aborted", "error": error}
    match on_undeveloped(aborted, attempts=1, max_attempts=2, retries=0):
        case TryAgain(_, why, unsold):
            assert "the provider aborted the prediction before it began; it was not billed" in why
            assert (error or "") in why
            assert not unsold
        case other:
            pytest.fail(str(other))
    assert isinstance(on_undeveloped(aborted, attempts=2, max_attempts=2, retries=0), GiveUp)


def test_a_source_that_cannot_be_used_is_final_and_one_that_is_away_is_not() -> None:
    assert on_source(SourceRefused("gone"), 0) == GiveUp("the source picture cannot be used: gone")
    match on_source(SourceUnreachable("answered 503"), 0):
        case TryAgain(delay, why, unsold):
            assert (delay <= 1, why) == (True, "the source picture could not be fetched: answered 503")
            assert unsold
        case other:
            pytest.fail(str(other))
    assert isinstance(on_source(SourceUnreachable("answered 503"), LOOKS_AT_SOURCE - 1), GiveUp)


def test_a_provider_that_is_down_costs_no_attempt_but_not_for_ever() -> None:
    verdict = on_error(ProviderDown("refused"), retries=0)
    assert isinstance(verdict, TryAgain)
    assert verdict.unsold
    assert isinstance(on_error(ProviderDown("refused"), retries=MAX_RETRIES), GiveUp)


def test_refused_content_fails_at_once_with_its_reason() -> None:
    verdict = on_undeveloped({"status": "failed", "error": "NSFW content detected"}, 1, 3, 0)
    assert verdict == GiveUp("the provider refused the content: NSFW content detected")


@pytest.mark.parametrize("error", ["no", "CUDA out of memory", None])
def test_what_the_provider_says_in_its_own_fields_goes_before_its_words(error: str | None) -> None:
    refused = on_undeveloped({"status": "failed", "error": error, "cause": "content"}, 1, 3, 0)
    assert refused == GiveUp(f"the provider refused the content: {error}")
    wrong = on_undeveloped({"status": "failed", "error": error, "cause": "input"}, 1, 3, 0)
    assert wrong == GiveUp(f"the provider cannot use the input: {error}")
    later = on_undeveloped({"status": "failed", "error": "NSFW content detected", "cause": "capacity"}, 1, 3, 0)
    assert isinstance(later, TryAgain)


@pytest.mark.parametrize(
    "error", ["the parameter is case-sensitive", "time-sensitive token expired", "safety_tolerance is too large"]
)
def test_what_only_sounds_like_a_refusal_is_bought_again(error: str) -> None:
    assert isinstance(on_undeveloped({"status": "failed", "error": error}, 1, 3, 0), TryAgain)


def test_a_failed_prediction_is_bought_again_until_the_attempts_are_used_up() -> None:
    failed = {"status": "failed", "error": "CUDA out of memory"}
    assert isinstance(on_undeveloped(failed, 1, 3, 0), TryAgain)
    last = on_undeveloped(failed, 3, 3, 2)
    assert isinstance(last, GiveUp)
    assert "3 of 3 attempts" in last.why
    assert "CUDA out of memory" in last.why


def test_a_canceled_prediction_is_not_bought_again() -> None:
    assert isinstance(on_undeveloped({"status": "canceled"}, 1, 3, 0), GiveUp)


def test_a_lost_attempt_counts() -> None:
    verdict = on_lost("its worker was lost", 1, 3, 0)
    assert isinstance(verdict, TryAgain)
    assert not verdict.unsold


def test_an_attempt_that_was_answered_with_trouble_is_given_back() -> None:
    verdict = on_lost("nothing was bought", 3, 3, 0, trouble="the provider answered 500")
    assert isinstance(verdict, TryAgain)
    assert verdict.unsold
    assert isinstance(on_lost("nothing was bought", 3, 3, MAX_RETRIES, trouble="500"), GiveUp)


def test_outputs_that_are_broken_are_given_up_sooner_than_those_that_do_not_come() -> None:
    assert isinstance(on_unstored(OutputBroken("html"), LOOKS_AT_BROKEN), GiveUp)
    assert on_unstored(OutputUninspectable("it crashed"), 1) == GiveUp("the picture could not be stored: it crashed")
    assert isinstance(on_unstored(OutputUnreachable("away"), LOOKS_AT_BROKEN), TryAgain)
    assert on_unstored(OutputUnreachable("away"), MAX_DOWNLOADS) == GiveUp(
        f"the picture could not be stored after {MAX_DOWNLOADS} tries: away"
    )


def test_backoff_doubles_to_its_bound() -> None:
    assert 0.5 <= backoff(0) <= 1
    assert 4 <= backoff(3) <= 8
    assert backoff(500) <= 300
