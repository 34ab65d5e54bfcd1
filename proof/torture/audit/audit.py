"""The whole audit, and the run's own shortcomings: wrong answers and missing kills."""

from collections.abc import Callable, Iterator, Sequence

import aiohttp

from proof.torture.audit import generations, pictures, promises, purchases
from proof.torture.audit.findings import Class, Finding
from proof.torture.audit.world import World
from proof.torture.book import Book
from proof.torture.kills.schedule import Counted, kills_of
from proof.torture.options import Options

AUDITS: tuple[Callable[[World], Iterator[Finding]], ...] = (
    generations.accepted_and_gone,
    generations.accepted_twice,
    generations.stuck,
    generations.illegal,
    generations.unheeded,
    generations.unseen,
    purchases.paid_and_lost,
    purchases.paid_twice,
    purchases.booked_twice,
    purchases.still_running,
    promises.untold,
    promises.told_as_another,
    promises.overspent,
    pictures.exactly_its_pictures,
    pictures.orphans,
)


async def audit(
    world: World, options: Options, kills: Sequence[Counted], session: aiohttp.ClientSession
) -> list[Finding]:
    """Everything that is wrong, by every audit there is."""
    found = [finding for one in AUDITS for finding in one(world)]
    found += await pictures.unreadable(world.images, session)
    found += wrong_answers(world.book)
    found += missing_kills(options, kills)
    return found


def wrong_answers(book: Book) -> Iterator[Finding]:
    """What doors answered that they may not."""
    for (door, status), example in book.wrong.items():
        yield Finding(Class.ANSWER, door, f"answered {status}, {book.answers[door, status]} times, as to {example}")


def missing_kills(options: Options, kills: Sequence[Counted]) -> Iterator[Finding]:
    """Kinds that were not killed as often as asked, with enough rows under way."""
    counted = kills_of(kills)
    for kind in options.kinds:
        if counted.get(kind, 0) < options.kills:
            says = f"{counted.get(kind, 0)} of {options.kills} with at least {options.worth} rows not final"
            yield Finding(Class.KILLS, kind, says)
