"""Commits: what pushing costs those who commit, at full speed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from proof.bench.cpu import cpu_between
from proof.bench.sockets.deliveries import delays
from proof.bench.sockets.rig import Rig

USERS = 20
"""Each follows all that are theirs: every transition is pushed once."""
FEEDS = [(user, "generations") for user in range(USERS)]
AT_ONCE = 64
"""Generations on their way at a time."""
PROVIDER_SECONDS = 0.05
"""The longest that a generation waits for its prediction. Without any wait all would move in step."""
WARM_UP_SECONDS = 4.0
"""Until every pooled connection knows every statement."""


@dataclass(frozen=True)
class CommitsSize:
    """So many rounds, and the seconds of each run in them."""

    rounds: int
    seconds: float


@dataclass(frozen=True)
class Rate:
    """What the writer got done in one run."""

    transitions_per_second: float
    commits_per_second: float
    """Transactions, each of which moved one generation or several."""
    cpu_us: dict[str, float]
    """CPU microseconds a transition, by process."""


@dataclass(frozen=True)
class CommitsRound:
    """One run with notices and every transition pushed to a client; one without either."""

    pushing: Rate
    silent: Rate


@dataclass(frozen=True)
class Commits:
    """All rounds, and the ratio of their medians."""

    at_once: int
    rounds: list[CommitsRound]
    ratio: float
    """Of transitions: how many of them share a commit depends on how busy the machine is."""
    commits_ratio: float


def measure_commits(rig: Rig, size: CommitsSize, done: Callable[[str, int], None]) -> Commits:
    """Commit at full speed with pushing on and off, in turn. Raises BenchFailed when a transition was not pushed."""
    rig.open(rig.writer.call("enrol", users=USERS), USERS)
    done("warming up", 0)
    _pushing(rig, WARM_UP_SECONDS)
    rounds = []
    for number in range(1, size.rounds + 1):
        done("rounds", number)
        rounds.append(_round(rig, size.seconds, silent_first=number % 2 == 0))
    pushing, silent = [one.pushing for one in rounds], [one.silent for one in rounds]
    return Commits(
        at_once=AT_ONCE,
        rounds=rounds,
        ratio=_transitions(pushing) / _transitions(silent),
        commits_ratio=_commits(pushing) / _commits(silent),
    )


def _transitions(rates: Iterable[Rate]) -> float:
    return median(rate.transitions_per_second for rate in rates)


def _commits(rates: Iterable[Rate]) -> float:
    return median(rate.commits_per_second for rate in rates)


def _round(rig: Rig, seconds: float, *, silent_first: bool) -> CommitsRound:
    # In changing order: who comes second finds a fuller table.
    if silent_first:
        silent = _run(rig, seconds, followers=0)
        return CommitsRound(_pushing(rig, seconds), silent)
    return CommitsRound(_pushing(rig, seconds), _run(rig, seconds, followers=0))


def _pushing(rig: Rig, seconds: float) -> Rate:
    rig.audience.call("follow", topics=FEEDS, replayed=0)
    rate = _run(rig, seconds, followers=1)
    rig.audience.call("unfollow", topics=FEEDS)
    return rate


def _run(rig: Rig, seconds: float, followers: int) -> Rate:
    # Else each run would search through more dead rows than the one before; a database at work does this by itself.
    rig.writer.call("vacuum")
    before = rig.read_cpu()
    ran = rig.writer.call(
        "race",
        seconds=seconds,
        at_once=AT_ONCE,
        users=USERS,
        provider_seconds=PROVIDER_SECONDS,
        notes=followers > 0,
    )
    moved = ran["moved"]
    heard = rig.audience.call("gather", count=followers * len(moved))
    spent = cpu_between(before, rig.read_cpu())
    delays(moved, heard, followers=lambda _: followers)
    took = (max(at for _, _, at in moved) - min(at for _, _, at in moved)) / 1e9
    return Rate(len(moved) / took, ran["commits"] / took, {name: 1e6 * cpu / len(moved) for name, cpu in spent.items()})
