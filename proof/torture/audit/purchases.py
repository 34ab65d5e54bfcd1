"""Audits the painter's ledger: what was paid was delivered, and nothing was paid twice."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from pipeline.providers.painter.ledger import Sold
from proof.torture.audit.findings import Class, Finding
from proof.torture.audit.world import World, buyer_of
from proof.torture.load import BRITTLE, SHATTERED
from proof.torture.rows import Row
from schema.statuses import FINAL, Status

SUCCEEDED = "succeeded"


def paid_and_lost(world: World) -> Iterator[Finding]:
    """A picture that was sold must be delivered, unless its owner cancelled or the painter spoiled its outputs."""
    for row in world.rows:
        latest = _since_last_retry(row, world.sales_of.get(row.id, []))
        succeeded = [sale for sale in latest if sale.status == SUCCEEDED]
        if row.status == Status.FAILED and succeeded and not _spoiled(row):
            yield _about(row, latest, f"failed ({row.error_message}), though {succeeded[0].id} succeeded", Class.LOST)
        if row.status == Status.COMPLETED and row.replicate_prediction_id not in {
            sale.id for sale in world.sales_of.get(row.id, []) if sale.status == SUCCEEDED
        }:
            yield _about(row, latest, f"completed by {row.replicate_prediction_id}, which is none of its", Class.LOST)
    for generation_id, sales in world.sales_of.items():
        if generation_id not in world.row_of:
            ids = ", ".join(sale.id for sale in sales[:3])
            yield Finding(Class.LOST, generation_id or "nobody", f"{len(sales)} sold for no generation: {ids}")


def paid_twice(world: World) -> Iterator[Finding]:
    """No purchase while the last one could still bring a picture, but for those that the row itself counts."""
    for row in world.rows:
        doubles = [
            (earlier, later)
            for purchase in _by_retry(row, world.sales_of.get(row.id, []))
            for number, later in enumerate(purchase)
            if (earlier := next((sale for sale in purchase[:number] if not _in_vain(sale, later.created_at)), None))
        ]
        for earlier, later in doubles:
            if _was_told(earlier, later.created_at):
                says = f"{later.id} was bought although the webhook of {earlier.id} had arrived"
                yield _about(row, [earlier, later], says, Class.PAID_TWICE)
        if len(doubles) > row.possible_double_charge:
            says = f"bought {len(doubles)} times too often; its counter says {row.possible_double_charge}"
            yield _about(row, world.sales_of[row.id], says, Class.PAID_TWICE)


def still_running(world: World) -> Iterator[Finding]:
    """Every prediction has ended: by itself, or because it was stopped."""
    for sale in world.sold:
        if sale.completed_at is None:
            yield Finding(Class.STILL_RUNNING, sale.id, f"sold for {buyer_of(sale)[0]}, and still {sale.status}")


def booked_twice(world: World) -> Iterator[Finding]:
    """One prediction belongs to one generation."""
    owners: dict[str, str] = {}
    for row in world.rows:
        if row.replicate_prediction_id is None:
            continue
        other = owners.setdefault(row.replicate_prediction_id, row.id)
        if other != row.id:
            yield Finding(Class.DUPLICATED, row.id, f"{row.replicate_prediction_id} is also that of {other}")


def _in_vain(sale: Sold, at: float) -> bool:
    """Whether a purchase had ended without output by then: buying again was right."""
    return sale.status != SUCCEEDED and sale.completed_at is not None and sale.completed_at <= at


def _was_told(sale: Sold, at: float) -> bool:
    """Whether Darkroom had taken the webhook of this success by then."""
    took = (one for one in sale.deliveries if one.event == "completed" and one.status is not None and one.status < 300)
    return sale.status == SUCCEEDED and any(one.at <= at for one in took)


def _by_retry(row: Row, sales: Sequence[Sold]) -> list[list[Sold]]:
    """The purchases between one retry by hand and the next: each retry is its owner's wish to buy anew."""
    ends = [left["attempt"] for left, _ in pairwise(row.timeline) if left["status"] in FINAL]
    purchases: list[list[Sold]] = [[] for _ in range(len(ends) + 1)]
    for sale in sales:
        purchases[sum(end < buyer_of(sale)[1] for end in ends)].append(sale)
    return purchases


def _since_last_retry(row: Row, sales: Sequence[Sold]) -> list[Sold]:
    return _by_retry(row, sales)[-1]


def _spoiled(row: Row) -> bool:
    """Whether the painter itself spoiled this one's outputs, so that nobody could have kept them."""
    spoilt = any(mark in row.prompt for mark in (BRITTLE, SHATTERED))
    return spoilt and any(entry["status"] == Status.DOWNLOADING for entry in row.timeline)


def _about(row: Row, sales: Sequence[Sold], says: str, cls: Class) -> Finding:
    return Finding(cls, row.id, says, {"timeline": row.timeline, "sales": [_shown(sale) for sale in sales]})


def _shown(sale: Sold) -> dict[str, Any]:
    shown = sale.shown()
    return {name: shown[name] for name in ("id", "status", "created_at", "completed_at", "webhook", "deliveries")} | {
        "faults": [rule["fault"] for rule in sale.faults]
    }
