"""GET /v1/generations: pages, filters, and queries that are refused."""

import pytest

from tests.darkroom import Darkroom


async def test_pages_go_through_everything_once_newest_first(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        submitted = [(await user.submit())["id"] for _ in range(5)]
        seen, cursor = [], None
        while True:
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            async with user.http.get("/v1/generations", params=query) as answer:
                page = await answer.json()
            seen += [item["id"] for item in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == submitted[::-1]


async def test_filters(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        later = await user.submit(scheduled_at="2999-01-01T00:00:00Z")
        await user.submit(model_id="stability-ai/sdxl")
        for query, expected in (({"status": "pending"}, [later["id"]]), ({"status": "failed"}, [])):
            async with user.http.get("/v1/generations", params=query) as answer:
                assert [item["id"] for item in (await answer.json())["items"]] == expected
        async with user.http.get("/v1/generations", params={"model_id": "stability-ai/sdxl"}) as answer:
            assert [item["model_id"] for item in (await answer.json())["items"]] == ["stability-ai/sdxl"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "x"),
        ("status", "lost"),
        ("cursor", "x"),
        ("batch_id", "1"),
        ("q", "x"),
    ],
)
async def test_refused_queries_name_the_parameter(darkroom: Darkroom, name: str, value: str) -> None:
    async with darkroom.user() as user, user.http.get("/v1/generations", params={name: value}) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert answer.status == 422
        assert [error["field"] for error in problem["errors"]] == [name]


async def test_the_queue(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, user.http.get("/v1/queue") as answer:
        queue = await answer.json()
    assert set(queue["counts"]) == {"pending", "queued", "processing", "downloading"}
    keys = ("lane", "state", "trouble", "possible_double_charge")
    assert [tuple(lane[key] for key in keys) for lane in queue["lanes"]] == [
        ("fal", "closed", None, 0),
        ("openai", "closed", None, 0),
        ("replicate", "closed", None, 0),
    ]
