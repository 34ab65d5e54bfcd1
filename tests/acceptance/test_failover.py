"""Failover through the Procfile's own processes: one generation, one stream, two providers."""

import aiohttp

from pipeline.providers.painter.ledger import LEDGER_FILE, read_ledger
from tests.acceptance.follower import follow
from tests.darkroom import Darkroom

REFUSED = "bought elsewhere"


async def test_a_generation_that_is_refused_at_one_provider_is_developed_by_the_next(darkroom: Darkroom) -> None:
    replicate = darkroom.home / "painter"
    rules = [{"fault": "error", "status": 402, "prompt_contains": REFUSED}]
    async with darkroom.user() as user, aiohttp.ClientSession(headers=darkroom.painter_headers) as operator:
        faults = f"{darkroom.painter_url}/_painter/faults"
        async with operator.put(faults, json=rules) as answer:
            assert answer.status == 200
        try:
            body = {"prompt": f"fog, {REFUSED}", "model_id": "stability-ai/sdxl", "width": 256, "height": 256}
            async with user.http.post("/v1/generations", json=body) as answer:
                generation = await answer.json()
                assert (answer.status, generation["provider"]) == (202, "replicate")
            frames = await follow(darkroom.url, user.key, generation["id"], 60)
        finally:
            async with operator.put(faults, json=[]) as answer:
                assert answer.status == 200
    statuses = [frame["status"] for frame in frames]
    assert statuses == ["queued", "processing", "queued", "processing", "downloading", "completed"]
    done = frames[-1]["generation"]
    entries = done["timeline"]
    assert [entry.get("provider") for entry in entries if entry["status"] == "processing"] == ["replicate", "fal"]
    assert "insufficient credit" in entries[2]["why"]
    assert (done["provider"], len(done["images"]), done["possible_double_charge"]) == ("fal", 1, 0)
    bought = [sold for sold in read_ledger(replicate / "fal" / LEDGER_FILE) if generation["id"] in (sold.webhook or "")]
    assert [sold.model for sold in bought] == ["fal-ai/fast-sdxl"]
    assert not any(generation["id"] in (sold.webhook or "") for sold in read_ledger(replicate / LEDGER_FILE))
