"""Everything there is to see from outside, once all has ended."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.providers.painter.ledger import Sold
from proof.torture.book import Book
from proof.torture.darkroom import Darkroom
from proof.torture.rows import Image, Row, Rows
from proof.torture.settle import stored


@dataclass(frozen=True)
class World:
    """What the tables, the painter's ledger, the store and the torture's own book say."""

    book: Book
    rows: list[Row]
    images: list[Image] = field(default_factory=list)
    sold: list[Sold] = field(default_factory=list)
    objects: frozenset[str] = frozenset()
    pending: frozenset[tuple[str, int]] = frozenset()
    """Events, by generation and version, that are still to be sent again."""

    @cached_property
    def row_of(self) -> dict[str, Row]:
        """Generations by id."""
        return {row.id: row for row in self.rows}

    @cached_property
    def images_of(self) -> dict[str, list[Image]]:
        """Pictures by generation."""
        found: defaultdict[str, list[Image]] = defaultdict(list)
        for image in self.images:
            found[image.generation_id].append(image)
        return dict(found)

    @cached_property
    def sales_of(self) -> dict[str, list[Sold]]:
        """Purchases by generation, oldest first; under the empty id those that name none."""
        found: defaultdict[str, list[Sold]] = defaultdict(list)
        for sale in sorted(self.sold, key=lambda sale: sale.created_at):
            found[buyer_of(sale)[0]].append(sale)
        return dict(found)


def buyer_of(sale: Sold) -> tuple[str, int]:
    """The generation and the attempt that a prediction was bought for, by its webhook's address."""
    _, generation, attempt, *_ = [*(sale.webhook or "").partition("/v1/callbacks/")[2].split("/"), "", ""]
    return (generation, int(attempt)) if attempt.isdecimal() else ("", 0)


def seller_of(sale: Sold) -> str:
    """The provider that sold a prediction, by its webhook's address."""
    return (sale.webhook or "").partition("/v1/callbacks/")[2].partition("/")[0]


async def look_at(darkroom: Darkroom, book: Book) -> World:
    """Read everything. Nothing moves any more, so the order does not matter."""
    rows = Rows(darkroom.database_url)
    return World(
        book=book,
        rows=await rows.generations(),
        images=await rows.images(),
        sold=await asyncio.to_thread(darkroom.ledger),
        pending=frozenset(await rows.pending()),
        objects=frozenset(await asyncio.to_thread(stored, darkroom)),
    )
