"""Every hot statement walks its index, also under a generic plan: a bound status would read the finished millions."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import TextClause

from pipeline import (
    advance,
    api_keys,
    batch,
    callback,
    cancel,
    claim,
    delete,
    feed,
    idempotency,
    incomplete,
    leftovers,
    outputs,
    percent,
    purchase,
    queue,
    read,
    retry,
    sweep,
    waiting,
)
from pipeline.webhooks import claim as webhook_claim
from pipeline.webhooks import log as webhook_log
from pipeline.webhooks import secrets as webhook_secrets
from pipeline.webhooks import settle as webhook_settle
from tests.pipeline.plans import plan_of

HOT: dict[str, TextClause] = {
    "claim downloads": claim._CLAIM_DOWNLOADS,
    "record": purchase._RECORD,
    "surplus": purchase._SURPLUS,
    "callback": callback._COMMIT,
    "finish": outputs._FINISH,
    "renew": outputs._RENEW,
    "mark asked": purchase._MARK_ASKED,
    "renew calls": purchase._RENEW_CALLS,
    "by id": read._BY_ID,
    "collect": advance._COLLECT,
    "promote": sweep._PROMOTE,
    "bells": sweep._WAITING,
    "overdue": sweep._OVERDUE,
    "expire": sweep._EXPIRE,
    "take back": sweep._TAKE_BACK,
    "incomplete": incomplete._READ,
    "complete": incomplete._COMPLETE,
    "refuse": incomplete._REFUSE,
    "running": cancel._CLAIM_RUNNING,
    "queue": queue._QUEUE,
    "unfinished": read._UNFINISHED,
    "changed": feed._CHANGED,
    "missed": feed._MISSED,
    "batch": read._BATCH,
    "submit once": idempotency._SUBMIT,
    "percent": percent._SET,
    "paces": waiting._PACES,
    "standing": waiting._STANDING,
    "positions": waiting._POSITIONS,
    "lanes": waiting._LANES,
    "cancel batch": cancel._CANCEL_BATCH,
    "cancel many": cancel._CANCEL_MANY,
    "retry many": retry._RETRY,
    "retry unstored of many": retry._RETRY_UNSTORED,
    "retry unread of many": retry._RETRY_UNREAD,
    "retry if allowed": retry._RETRY_IF_ALLOWED,
    "owners of retried": retry._OWNERS,
    "delete": delete._DELETE,
    "failed of batch": retry._FAILED,
    "read batch": batch._READ,
    "leftovers": leftovers._LEFTOVERS,
    "hold": leftovers._HOLD,
}
ELSEWHERE: dict[str, tuple[str, TextClause]] = {
    "submit once": ("idempotency_keys", idempotency._SUBMIT),
    "stored key": ("idempotency_keys", idempotency._STORED),
    "forget keys": ("idempotency_keys", idempotency._FORGET),
    "leftovers": ("images", leftovers._LEFTOVERS),
    "named": ("images", leftovers._NAMED),
    "find key": ("api_keys", api_keys._FIND),
    "standing keys": ("api_keys", api_keys._STANDING),
    "due deliveries": ("deliveries", sweep._WAITING),
    "claim deliveries": ("deliveries", webhook_claim._CLAIM),
    "settle deliveries": ("deliveries", webhook_settle._SETTLE),
    "tell endpoints": ("webhook_endpoints", webhook_claim._CLAIM),
    "sign": ("webhook_secrets", webhook_claim._CLAIM),
    "secrets": ("webhook_secrets", webhook_secrets._READ),
    "rotate": ("webhook_secrets", webhook_secrets._ROTATE),
    "delivery": ("deliveries", webhook_log._READ),
    "replay": ("deliveries", webhook_log._REPLAY),
    "enable": ("webhook_endpoints", webhook_log._REPLAY),
    "own deliveries": ("deliveries", webhook_log._listing(frozenset({"user_id", "before", "state=failed"}))),
    "all deliveries": ("deliveries", webhook_log._listing(frozenset())),
    "deliveries of one": ("deliveries", webhook_log._listing(frozenset({"user_id", "generation_id"}))),
    "forget deliveries": ("deliveries", webhook_log._FORGET),
    "forget holds": ("webhook_endpoints", webhook_log._FORGET_HOLDS),
    "forget secrets": ("webhook_secrets", webhook_log._FORGET_SECRETS),
}
"""Hot statements on other tables."""
VALUES: dict[str, Any] = {
    "provider": "replicate",
    "providers": "[]",
    "rows": "[]",
    "ids": "[]",
    "most": 10,
    "besides": "{}",
    "most_bytes": 1_000_000,
    "cap": 10,
    "lease": 30.0,
    "look": 30.0,
    "per_host": 16,
    "secret": b"s",
    "generation_id": "00000000-0000-0000-0000-000000000003",
    "before_at": datetime(2026, 11, 23, tzinfo=UTC),
    "before_id": "00000000-0000-0000-0000-000000000004",
    "id": UUID(int=0),
    "prediction_id": "p1",
    "everyone": False,
    "batch_id": "00000000-0000-0000-0000-000000000002",
    "user_id": "user-1",
    "since": "18446744073709551615",
    "key": "k1",
    "body_hash": b"h",
    "key_hash": b"h",
    "hashes": '["00"]',
    "made_id": "00000000-0000-0000-0000-000000000001",
}


async def test_every_hot_statement_finds_its_rows_by_an_index(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Also by a plan that was made for an empty table, and is kept while it fills."""
    for name, sql in HOT.items():
        lines = "\n".join(await plan_of(connection, sql, VALUES))
        assert not re.search(r"Seq Scan on image_generations|Hash .*Join|Merge Join", lines), f"{name}:\n{lines}"
        assert "image_generations" in lines


async def test_the_other_tables_are_read_by_their_indexes_too(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    for name, (table, sql) in ELSEWHERE.items():
        lines = "\n".join(await plan_of(connection, sql, VALUES))
        assert not re.search(rf"Seq Scan on {table}|Hash .*Join|Merge Join", lines), f"{name}:\n{lines}"
        assert re.search(rf"{table}_\w+_(key|idx)|{table}_pkey", lines), f"{name}:\n{lines}"


@pytest.mark.parametrize("connection", ["full"], indirect=True)
async def test_the_check_sees_a_bound_status(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.execute("SET enable_seqscan = on")
    await connection.execute(
        "PREPARE bound(text) AS SELECT id FROM image_generations WHERE status = $1 ORDER BY priority DESC LIMIT 10"
    )
    plan = await connection.fetch("EXPLAIN EXECUTE bound ('queued')")
    assert any("Seq Scan on image_generations" in line[0] for line in plan)
