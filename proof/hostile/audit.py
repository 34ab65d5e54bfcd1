"""What a run has shown, held against what Darkroom promises to the neighbours of hostile people."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from proof import findings
from proof.bench.spread import Spread
from proof.hostile.behaviours import BEHAVIOURS
from proof.hostile.book import Book
from proof.hostile.ledger import Ledger
from proof.hostile.options import LARGEST_GROWTH_MB, LARGEST_RATIO
from proof.torture.rows import Image, Row
from schema.statuses import FINAL


class Class(StrEnum):
    """The classes of findings."""

    LOST = "lost"
    STUCK = "stuck"
    PAID_TWICE = "paid twice"
    MISREAD = "misread"
    READ_BY_OTHERS = "read by others"
    REACHED_INSIDE = "reached inside"
    ENDED = "process ended"
    MEMORY = "memory"
    SLOWED = "slowed"
    ANSWER = "answer"


MEANING: dict[Class, str] = {
    Class.LOST: "an honest generation that was not accepted, or not completed, or has no picture",
    Class.STUCK: "not final, or with a clock that still runs, when everything should have ended",
    Class.PAID_TWICE: "bought more often than its behaviour explains",
    Class.MISREAD: "a refusal or a failure taken for a success, or the other way round",
    Class.READ_BY_OTHERS: "something of somebody else's in an answer",
    Class.REACHED_INSIDE: "a request to an address inside the network",
    Class.ENDED: "a process that ended and was started again",
    Class.MEMORY: f"a process that grew by more than {LARGEST_GROWTH_MB} MB beside the hostile",
    Class.SLOWED: f"the neighbours' p99 beside the hostile over {LARGEST_RATIO:g} times that without them",
    Class.ANSWER: "a server error for a request that is only odd",
}

Finding = findings.Finding[Class]


@dataclass(frozen=True)
class World:
    """Everything that is known once all has ended."""

    book: Book
    ledger: Ledger
    rows: list[Row]
    images: list[Image]
    restarted: list[str]
    """Processes that had another pid at the end than at the beginning."""
    alone: Spread
    beside: Spread
    memory_alone_mb: dict[str, float]
    memory_beside_mb: dict[str, float]


def audit(world: World) -> list[Finding]:
    """Every broken promise."""
    return [finding for one in (_lost, _stuck, _bought, _misread, _strangers, _house) for finding in one(world)]


def _lost(world: World) -> Iterator[Finding]:
    for refused in world.book.refused:
        yield Finding(Class.LOST, "submission", refused)
    completed = {row.id for row in world.rows if row.status == "completed"}
    pictured = {image.generation_id for image in world.images}
    for generation_id in world.book.honest:
        if generation_id not in completed & pictured:
            yield Finding(Class.LOST, generation_id, "an honest generation that is not completed with a picture")
    there = {row.id for row in world.rows}
    for generation_id, name in world.book.hostile.items():
        if generation_id not in there:
            yield Finding(Class.LOST, generation_id, f"accepted, and there is no such row: {name}")


def _stuck(world: World) -> Iterator[Finding]:
    for row in world.rows:
        if row.status not in FINAL or row.due_at is not None:
            about = world.book.hostile.get(row.id, "honest or by SQL")
            yield Finding(Class.STUCK, row.id, f"{row.status}, due {row.due_at}: {about}", row.timeline)


def _bought(world: World) -> Iterator[Finding]:
    sold = Counter(_generation_of(sale.callback) for sale in world.ledger.sales)
    for row in world.rows:
        name = world.book.hostile.get(row.id)
        most = BEHAVIOURS[name].purchases if name else 1
        if sold[row.id] > most:
            yield Finding(
                Class.PAID_TWICE, row.id, f"bought {sold[row.id]} times, {most} explained: {name or 'honest'}"
            )


def _generation_of(callback: str) -> str:
    """The generation's id in `…/v1/callbacks/<provider>/<generation>/<attempt>…`."""
    return callback.partition("/v1/callbacks/")[2].split("/")[1] if "/v1/callbacks/" in callback else ""


def _misread(world: World) -> Iterator[Finding]:
    images = Counter(image.generation_id for image in world.images)
    for row in world.rows:
        if (name := world.book.hostile.get(row.id)) is None or row.status not in FINAL:
            continue
        if row.status not in BEHAVIOURS[name].ends:
            yield Finding(Class.MISREAD, row.id, f"{name}: ended {row.status} ({row.error_message})", row.timeline)
        if images[row.id] > row.num_outputs:
            yield Finding(Class.MISREAD, row.id, f"{name}: {images[row.id]} pictures, {row.num_outputs} asked for")


def _strangers(world: World) -> Iterator[Finding]:
    for seen in world.book.seen:
        yield Finding(Class.READ_BY_OTHERS, "curious neighbour", seen)
    for knock in world.ledger.knocks_inside:
        yield Finding(Class.REACHED_INSIDE, "service inside", knock)
    for wrong in world.book.wrong:
        yield Finding(Class.ANSWER, "odd caller", wrong)


def _house(world: World) -> Iterator[Finding]:
    for name in world.restarted:
        yield Finding(Class.ENDED, name, "has another pid than at the beginning")
    for name, held in world.memory_beside_mb.items():
        before = world.memory_alone_mb.get(name, 0.0)
        if held - before > LARGEST_GROWTH_MB:
            yield Finding(Class.MEMORY, name, f"{held:.0f} MB, {before:.0f} MB without the hostile")
    if world.beside.p99 > LARGEST_RATIO * world.alone.p99:
        yield Finding(Class.SLOWED, "p99", f"{world.beside.p99:.0f} ms, {world.alone.p99:.0f} ms alone")
