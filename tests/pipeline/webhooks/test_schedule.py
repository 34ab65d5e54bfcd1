"""What an answer means, and how the tries are spread over three days."""

import pytest

from pipeline.webhooks.schedule import (
    HOLD_SECONDS,
    JITTER,
    LONGEST_HOLD_SECONDS,
    SCHEDULE,
    SLOW_DOWN,
    Reply,
    Verdict,
    judge,
)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_only_2xx_is_success(status: int) -> None:
    assert judge(Reply(status), 1) == Verdict(delivered=True)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 307, 400, 401, 404, 500, 599])
def test_everything_else_is_tried_again_by_the_schedule(status: int | None) -> None:
    """The first ten minutes, and then for hours; the last failure is the end."""
    for tries, pause in enumerate(SCHEDULE[1:], 1):
        verdict = judge(Reply(status), tries)
        assert (verdict.delivered, verdict.gone, verdict.hold) == (False, False, None)
        assert verdict.delay is not None
        assert pause * (1 - JITTER) <= verdict.delay <= pause * (1 + JITTER)
    assert judge(Reply(status), len(SCHEDULE)) == Verdict()


def test_the_pauses_grow_over_days_and_are_not_alike() -> None:
    assert SCHEDULE[0] == 0
    assert list(SCHEDULE) == sorted(SCHEDULE)
    assert 3 * 86_400 < sum(SCHEDULE) < 4 * 86_400
    assert len({judge(Reply(500), 3).delay for _ in range(20)}) > 10


def test_gone_is_gone_at_any_try() -> None:
    assert {judge(Reply(410), tries) for tries in (1, 5, 10, 50)} == {Verdict(gone=True)}


@pytest.mark.parametrize("status", sorted(SLOW_DOWN))
def test_who_asks_for_patience_is_left_alone_for_a_while(status: int) -> None:
    verdict = judge(Reply(status), 1)
    assert verdict.hold == HOLD_SECONDS
    assert verdict.delay == HOLD_SECONDS  # the schedule says five seconds
    assert judge(Reply(status), 3).delay != HOLD_SECONDS  # it says half an hour


@pytest.mark.parametrize(("asked", "granted"), [(90.0, 90.0), (0.0, 0.0), (-5.0, 0.0), (1e9, LONGEST_HOLD_SECONDS)])
@pytest.mark.parametrize("status", [429, 500, 503, 404])
def test_retry_after_is_obeyed_within_limits(status: int, asked: float, granted: float) -> None:
    verdict = judge(Reply(status, retry_after=asked), 1)
    assert verdict.hold == granted
    assert verdict.delay is not None
    assert verdict.delay >= max(granted, SCHEDULE[1] * (1 - JITTER))


def test_a_wish_for_patience_does_not_make_more_tries() -> None:
    assert judge(Reply(429, retry_after=5), len(SCHEDULE)) == Verdict(hold=5)
