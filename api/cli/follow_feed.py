"""Watching many generations: all of them until Ctrl-C, or a batch to its end."""

from collections.abc import Mapping
from contextlib import aclosing

from api.cli.exit_codes import ExitCode
from api.cli.feed_lines import FeedLines
from api.cli.json_view import JsonView
from api.cli.picture import pictures_of
from api.client import BatchCounts, Client, Reset, Transition
from schema.statuses import FINAL, Status


class BatchEnd:
    """Knows when a batch is finished and all of it has been shown."""

    def __init__(self) -> None:
        self._counts: BatchCounts | None = None
        self._moving: set[str] = set()

    def take(self, event: BatchCounts | Transition) -> BatchCounts | None:
        """The last counts, once nothing moves any more by itself and no transition is still to come."""
        if isinstance(event, BatchCounts):
            self._counts = event
        elif event.is_last:
            self._moving.discard(event.id)
        else:
            self._moving.add(event.id)
        # Counts are read apart from the transitions, and may be ahead of them.
        over = self._counts is not None and not _unfinished(self._counts.counts) and not self._moving
        return self._counts if over else None


async def follow_feed(client: Client, *, json: bool) -> ExitCode:
    """Show every transition of all generations, until somebody ends it."""
    with _choose(json=json) as view:
        async with aclosing(client.feed(dropped=view.dropped)) as events:
            async for event in events:
                if isinstance(event, Reset):
                    view.reset()
                elif isinstance(event, Transition):
                    _show(client, event, view)
    return ExitCode.COMPLETED


async def follow_batch(client: Client, batch_id: str, *, json: bool) -> ExitCode:
    """Show every transition of a batch until it is finished. Gives COMPLETED when all of it was completed."""
    end = BatchEnd()
    with _choose(json=json) as view:
        async with aclosing(client.watch_batch(batch_id, dropped=view.dropped)) as events:
            async for event in events:
                match event:
                    case Reset():
                        end = BatchEnd()
                        view.reset()
                    case BatchCounts():
                        view.counts(event)
                    case Transition():
                        _show(client, event, view)
                if isinstance(event, BatchCounts | Transition) and (counts := end.take(event)):
                    view.finished(counts)
                    return _code(counts.counts)
    return ExitCode.FAILED


def _choose(*, json: bool) -> FeedLines | JsonView:
    return JsonView() if json else FeedLines()


def _show(client: Client, transition: Transition, view: FeedLines | JsonView) -> None:
    done = transition.status == Status.COMPLETED
    view.transition(transition, pictures_of(client, transition.generation) if done else ())


def _unfinished(counts: Mapping[str, int]) -> int:
    return sum(count for status, count in counts.items() if status not in FINAL)


def _code(counts: Mapping[str, int]) -> ExitCode:
    return ExitCode.COMPLETED if counts[Status.COMPLETED] == sum(counts.values()) else ExitCode.FAILED
