"""The same through supabase-py's builder: the package `postgrest`, to which it hands everything of /rest/v1."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from postgrest import AsyncPostgrestClient, CountMethod
from postgrest.exceptions import APIError

from tests.api.supabase.rest.people import People
from tests.darkroom import Darkroom

Ids = dict[str, str]
Call = Callable[[AsyncPostgrestClient, Ids], Any]


@pytest.fixture
async def db(darkroom: Darkroom, people: People) -> AsyncIterator[AsyncPostgrestClient]:
    """Alice's client, with the headers that supabase-py gives it."""
    key = people.keys["alice"]
    headers = {"apikey": key["key"], "Authorization": f"Bearer {key['token']}"}
    async with AsyncPostgrestClient(f"{darkroom.url}/rest/v1", headers=headers) as client:
        yield client


def generations(db: AsyncPostgrestClient, *columns: str) -> Any:
    """Her generations, oldest first."""
    return db.from_("image_generations").select(*(columns or ("id",))).order("created_at")


FOUND: dict[str, tuple[Call, str]] = {
    "everything": (lambda db, ids: generations(db), "done failed called_off pair waiting"),
    "eq": (lambda db, ids: generations(db).eq("id", ids["done"]), "done"),
    "eq on text": (lambda db, ids: generations(db).eq("prompt", "a harbour, at night (1)"), "failed"),
    "neq": (lambda db, ids: generations(db).neq("status", "failed"), "done pair waiting"),
    "gt": (lambda db, ids: generations(db).gt("created_at", "2026-01-04T00:00:00+00:00"), "waiting"),
    "gte": (lambda db, ids: generations(db).gte("created_at", "2026-01-04T00:00:00+00:00"), "pair waiting"),
    "lt": (lambda db, ids: generations(db).lt("created_at", "2026-01-02T00:00:00+00:00"), "done"),
    "lte": (lambda db, ids: generations(db).lte("created_at", "2026-01-02T00:00:00+00:00"), "done failed"),
    "in": (lambda db, ids: generations(db).in_("id", [ids["pair"], ids["done"]]), "done pair"),
    "is": (lambda db, ids: generations(db).is_("batch_id", "null"), "pair waiting"),
    "not is": (lambda db, ids: generations(db).not_.is_("batch_id", "null"), "done failed called_off"),
    "like": (lambda db, ids: generations(db).like("prompt", "%boats"), "pair"),
    "ilike": (lambda db, ids: generations(db).ilike("prompt", "%BOATS"), "pair"),
    "or": (lambda db, ids: generations(db).or_("status.eq.pending,batch_index.eq.1"), "failed waiting"),
    "match": (lambda db, ids: generations(db).match({"status": "completed", "batch_index": 0}), "done"),
    "range": (lambda db, ids: generations(db).range(1, 2), "failed called_off"),
    "limit": (lambda db, ids: generations(db).limit(1), "done"),
    "single": (lambda db, ids: generations(db, "*", "images(*)").eq("id", ids["done"]).single(), "done"),
    "maybe single": (lambda db, ids: generations(db).eq("id", ids["done"]).maybe_single(), "done"),
    "inner": (lambda db, ids: generations(db, "id", "images!inner(idx)").eq("images.idx", 1), "pair"),
    "cancel a completed one of Bob's": (
        lambda db, ids: db.from_("image_generations").update({"status": "failed"}).eq("id", ids["bobs"]),
        "",
    ),
}
REFUSED: dict[str, tuple[Call, str]] = {
    "single of none": (lambda db, ids: generations(db).eq("id", ids["bobs"]).single(), "PGRST116"),
    "no column": (lambda db, ids: generations(db, "foo"), "42703"),
    "a secret column": (lambda db, ids: generations(db).eq("webhook_url", "x"), "42703"),
    "no table": (lambda db, ids: db.from_("api_keys").select("*"), "PGRST205"),
    "no relation": (lambda db, ids: generations(db, "models(*)"), "PGRST200"),
    "no uuid": (lambda db, ids: generations(db).eq("id", "nope"), "22P02"),
    "full text": (lambda db, ids: generations(db).fts("prompt", "boat"), "PGRST100"),
    "no schema": (lambda db, ids: db.schema("auth").from_("users").select("*"), "PGRST106"),
    "upsert": (lambda db, ids: db.from_("image_generations").upsert({"id": ids["done"]}), "PGRST100"),
    "a prompt": (
        lambda db, ids: db.from_("image_generations").update({"prompt": "x"}).eq("id", ids["done"]),
        "42501",
    ),
    "no function": (lambda db, ids: db.rpc("claim_next_job", {}), "PGRST202"),
}


@pytest.mark.parametrize("name", FOUND)
async def test_finds_what_the_table_says(db: AsyncPostgrestClient, people: People, name: str) -> None:
    call, expected = FOUND[name]
    data = (await _run(call(db, dict(people.ids)))).data
    names = {value: known for known, value in people.ids.items()}
    rows = data if isinstance(data, list) else [data]
    assert " ".join(names[row["id"]] for row in rows) == expected


@pytest.mark.parametrize("name", REFUSED)
async def test_is_refused_as_the_table_says(db: AsyncPostgrestClient, people: People, name: str) -> None:
    call, code = REFUSED[name]
    with pytest.raises(APIError) as refused:
        await _run(call(db, dict(people.ids)))
    assert refused.value.code == code


async def test_counts(db: AsyncPostgrestClient) -> None:
    counted = await _run(db.from_("image_generations").select("id", count=CountMethod.exact).eq("status", "failed"))
    assert (counted.count, len(counted.data)) == (2, 2)


async def test_limits(db: AsyncPostgrestClient, people: People) -> None:
    limits = await _run(db.rpc("get_user_limits", {}))
    assert limits.data["user_id"] == people.ids["alice"]


async def _run(asked: Any) -> Any:
    running: Awaitable[Any] = asked.execute()
    return await running
