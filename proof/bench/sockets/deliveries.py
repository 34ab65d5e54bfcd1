"""Deliveries: every transition that was committed against every one that was heard."""

from collections.abc import Callable, Mapping, Sequence

from proof.bench.failure import BenchFailed


def delays(
    moved: Sequence[tuple[str, int, int]], heard: Mapping[str, Sequence[int]], followers: Callable[[str], int]
) -> list[list[float]]:
    """Seconds from a commit's return to each of its deliveries, transition by transition.

    Raises BenchFailed unless each was heard as many times as its generation (by id) has `followers`, and nothing else.
    """
    committed = {f"{id_}:{version}": at for id_, version, at in moved}
    if strangers := heard.keys() - committed.keys():
        raise BenchFailed(f"{len(strangers)} transitions were heard that nobody committed: {sorted(strangers)[:3]}")
    for id_, version, _ in moved:
        times = len(heard.get(f"{id_}:{version}", ()))
        if times != followers(id_):
            raise BenchFailed(f"version {version} of {id_} was heard {times} times, by {followers(id_)} followers")
    return [[(at - committed[move]) / 1e9 for at in moments] for move, moments in heard.items()]
