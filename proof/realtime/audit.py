"""The audit: every app was told every step of its own, once and in order, and nothing of anybody else's."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from proof.realtime.crowd import App

WHOLE = [("INSERT", "queued"), ("UPDATE", "processing"), ("UPDATE", "downloading"), ("UPDATE", "completed")]
"""What a feed is told of a generation that nothing went wrong with."""
STEPS = [status for _, status in WHOLE]


def audit(apps: Sequence[App], owners: Mapping[str, str | None]) -> list[str]:
    """What was wrong, in sentences; `owners` says of every generation in the database whose it is."""
    return [found for app in apps for found in (*_of_channels(app), *_of_feed(app), *_of_others(app, owners))]


def _of_channels(app: App) -> Iterator[str]:
    for generation, told in app.channels.items():
        statuses = [status for status, _ in told]
        # A channel begins with how it stands, wherever that is; from there on nothing may be missing.
        if not statuses or statuses != STEPS[-len(statuses) :]:
            yield f"{app.user}'s channel of {generation} was told {statuses}"


def _of_feed(app: App) -> Iterator[str]:
    told: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for generation, event, status, _ in app.feed:
        told[generation].append((event, status))
    pictures = Counter((generation, event) for generation, event, _ in app.pictures)
    for generation in app.submitted:
        if told[generation] != WHOLE:
            yield f"{app.user}'s feed was told {told[generation]} of {generation}"
        if pictures[generation, "INSERT"] != 1:
            yield f"{app.user}'s feed was told of {pictures[generation, 'INSERT']} pictures of {generation}"


def _of_others(app: App, owners: Mapping[str, str | None]) -> Iterator[str]:
    if app.foreign:
        yield f"{app.user} was told of a neighbour's: {app.foreign[0]}"
    for generation, named in _rows(app):
        if named != app.user or owners.get(generation) != app.user:
            yield f"{app.user} was told of {generation}, which is {owners.get(generation)}'s"


def _rows(app: App) -> Iterable[tuple[str, str | None]]:
    yield from ((generation, owner) for generation, told in app.channels.items() for _, owner in told)
    yield from ((generation, owner) for generation, _, _, owner in app.feed)
    yield from ((generation, owner) for generation, _, owner in app.pictures)
