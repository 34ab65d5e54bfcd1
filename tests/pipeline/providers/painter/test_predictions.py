"""Replicate's API, shape by shape."""

import io
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
from PIL import Image
from pydantic import SecretStr

from pipeline.providers.painter.token import TOKEN_FILE, painter_token
from pipeline.settings.painter import PainterSettings
from tests.pipeline.providers.painter.caller import MODEL, Caller
from tests.pipeline.providers.painter.conftest import PAINTERS, Painting

VERSION = "a" * 64
FIELDS = {
    "id", "model", "version", "status", "input", "output", "error", "logs", "metrics", "created_at", "started_at",
    "completed_at", "data_removed", "source", "urls",
}  # fmt: skip


async def test_a_prediction_goes_from_starting_to_succeeded(painter: Caller) -> None:
    created = await painter.create("a lake", input={"num_inference_steps": 4})
    assert created.keys() == FIELDS
    assert (created["status"], created["output"], created["metrics"]) == ("starting", None, {})
    done = await painter.finished(created["id"])
    assert done["status"] == "succeeded"
    assert done["metrics"].keys() == {"predict_time", "total_time"}
    assert done["created_at"] <= done["started_at"] <= done["completed_at"]
    assert done["created_at"].endswith("Z")
    assert "100%|██████████| 4/4 [" in done["logs"]
    assert done["output"] == [f"{painter.origin}/outputs/{created['id']}/0.png"]
    status, kind, content = await painter.output(done["output"][0])
    assert (status, kind) == (200, "image/png")
    assert Image.open(io.BytesIO(content)).size == (256, 256)
    assert 150_000 < len(content) < 250_000


async def test_the_three_spellings_of_a_version(painter: Caller) -> None:
    wanted = {
        VERSION: ("painter/version", VERSION),
        f"{MODEL}:{VERSION}": (MODEL, VERSION),
        MODEL: (MODEL, "hidden"),
    }
    for version, shown in wanted.items():
        status, body = await painter.ask("POST", "/v1/predictions", json={"version": version, "input": {}})
        assert (status, body["model"], body["version"]) == (201, *shown)
    status, body = await painter.ask("POST", "/v1/predictions", json={"version": "nonsense!", "input": {}})
    assert (status, body["title"]) == (422, "Invalid version or not permitted")


async def test_waiting_in_the_request(painter: Caller) -> None:
    path, body = f"/v1/models/{MODEL}/predictions", {"input": {"prompt": "a lake"}}
    status, done = await painter.ask("POST", path, json=body, headers={"Prefer": "wait=5"})
    assert (status, done["status"]) == (201, "succeeded")
    status, _ = await painter.ask("POST", path, json=body, headers={"Prefer": "wait=61"})
    assert status == 422


async def test_a_wait_that_runs_out_says_starting(painting: Painting) -> None:
    async with painting(seconds="3.9") as painter:  # its starting time is over after a quarter: before the wait
        path, body = f"/v1/models/{MODEL}/predictions", {"input": {"prompt": "a lake"}}
        status, shown = await painter.ask("POST", path, json=body, headers={"Prefer": "wait=1"})
        assert (status, shown["status"]) == (202, "starting")
        assert (await painter.get(shown["id"]))["status"] == "processing"


async def test_cancelling(painting: Painting) -> None:
    async with painting(seconds="30") as painter:
        created = await painter.create()
        status, canceled = await painter.ask("POST", f"/v1/predictions/{created['id']}/cancel")
        assert (status, canceled["status"], canceled["output"]) == (200, "canceled", None)
        assert canceled["completed_at"] is not None
        again = await painter.ask("POST", f"/v1/predictions/{created['id']}/cancel")
        assert again == (200, canceled)


async def test_a_deadline_is_shown(painter: Caller) -> None:
    path, body = f"/v1/models/{MODEL}/predictions", {"input": {"prompt": "a lake"}}
    _, shown = await painter.ask("POST", path, json=body, headers={"Cancel-After": "1m30s"})
    until = datetime.fromisoformat(shown["deadline"]) - datetime.fromisoformat(shown["created_at"])
    assert until.total_seconds() == pytest.approx(90)


async def test_prepared_outputs_are_as_many_as_asked_for(painter: Caller) -> None:
    done = await painter.finished((await painter.create(input={"num_outputs": 3}))["id"])
    assert [url.rsplit("/", 1)[1] for url in done["output"]] == ["0.png", "1.png", "2.png"]
    assert [(await painter.output(url))[0] for url in done["output"]] == [200, 200, 200]


async def test_finishing_first_wins_over_cancelling(painter: Caller) -> None:
    done = await painter.finished((await painter.create())["id"])
    assert await painter.ask("POST", f"/v1/predictions/{done['id']}/cancel") == (200, done)


@pytest.mark.parametrize(
    ("model", "single"),
    [("black-forest-labs/flux-1.1-pro", True), ("google/imagen-4", True), ("black-forest-labs/flux-dev", False)],
)
async def test_some_models_give_a_single_output(painter: Caller, model: str, single: bool) -> None:
    body = {"input": {"prompt": "a lake"}}
    _, done = await painter.ask("POST", f"/v1/models/{model}/predictions", json=body, headers={"Prefer": "wait"})
    assert isinstance(done["output"], str) is single


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"inptu": {}}, "Additional property inptu is not allowed"),
        ({}, "input is required"),
        ({"input": {}, "version": VERSION}, "Additional property version is not allowed"),
        ({"input": {}, "webhook": "not a url"}, "Does not match format 'uri'"),
        ({"input": {}, "webhook_events_filter": ["finished"]}, "must be a list of start, output, logs and completed"),
        ({"input": {"width": 63}}, "input.width: must be a whole number from 64 to 4096"),
        ({"input": {"height": 4097}}, "input.height: must be a whole number from 64 to 4096"),
        ({"input": {"num_outputs": 5}}, "input.num_outputs: must be a whole number from 1 to 4"),
        ({"input": {"output_format": "gif"}}, "input.output_format: must be one of png, webp, jpg, jpeg"),
        ({"input": {"aspect_ratio": "wide"}}, "input.aspect_ratio: must be a ratio such as 16:9"),
        ({"input": {"prompt": 7}}, "input.prompt: must be a string"),
    ],
)
async def test_what_is_wrong_is_named(painter: Caller, body: dict[str, object], named: str) -> None:
    status, problem = await painter.ask("POST", f"/v1/models/{MODEL}/predictions", json=body)
    assert (status, problem["status"], problem["title"]) == (422, 422, "Input validation failed")
    assert named in problem["detail"]
    assert problem["invalid_fields"]


ASKED = [
    ("GET", "/v1/predictions", "Bearer"),
    ("POST", f"/v1/models/{MODEL}/predictions", "Bearer"),
    ("GET", "/v1/webhooks/default/secret", "Bearer"),
    ("GET", "/_painter/ledger", "Bearer"),
    ("PUT", "/_painter/faults", "Bearer"),
    ("POST", "/fal/fal-ai/flux/schnell", "Key"),
    ("GET", "/fal/fal-ai/flux/requests/r1", "Key"),
    ("GET", "/fal/_painter/ledger", "Bearer"),
    ("PUT", "/fal/_painter/faults", "Bearer"),
    ("POST", "/openai/v1/images/generations", "Bearer"),
    ("PUT", "/openai/_painter/faults", "Bearer"),
]


@pytest.mark.parametrize(("method", "path", "scheme"), ASKED)
async def test_the_painters_own_token_is_needed(painter: Caller, method: str, path: str, scheme: str) -> None:
    for shown in ("", f"{scheme} ", "Basic abc", f"{scheme} any", f"{scheme} {PAINTERS}x", f"Basic {PAINTERS}"):
        headers = {"Authorization": shown} if shown else {}
        async with aiohttp.request(method, f"{painter.origin}{path}", headers=headers, data=b"[]") as answer:
            assert answer.status == 401, shown
    headers = {"Authorization": f"{scheme} {PAINTERS}"}
    async with aiohttp.request(method, f"{painter.origin}{path}", headers=headers, data=b"[]") as answer:
        assert answer.status in {200, 400, 404, 422}


def test_a_home_has_one_token_that_only_its_owner_reads(tmp_path: Path) -> None:
    settings = PainterSettings(_env_file=None, home=tmp_path / "painter", token=None)
    token = painter_token(settings)
    assert (len(token), painter_token(settings)) == (43, token)
    assert (settings.home.stat().st_mode & 0o777, (settings.home / TOKEN_FILE).stat().st_mode & 0o777) == (0o700, 0o600)
    assert [path.name for path in settings.home.iterdir()] == [TOKEN_FILE]
    assert painter_token(PainterSettings(_env_file=None, home=tmp_path / "other", token=None)) != token
    assert painter_token(settings.model_copy(update={"token": SecretStr("given")})) == "given"


async def test_other_refusals_are_problems_too(painter: Caller) -> None:
    status, problem = await painter.ask("GET", "/v1/predictions/unknown")
    assert (status, problem["status"]) == (404, 404)
    assert (await painter.ask("GET", "/v1/nothing"))[0] == 404
    assert (await painter.ask("DELETE", "/v1/predictions"))[0] == 405
    status, problem = await painter.ask("POST", "/v1/predictions", data=b"{")
    assert (status, problem["title"]) == (400, "Bad request")
    status, _ = await painter.ask(
        "POST", f"/v1/models/{MODEL}/predictions", json={"input": {}}, headers={"Cancel-After": "4s"}
    )
    assert status == 422


async def test_the_list_has_pages(painter: Caller) -> None:
    made = [(await painter.create(f"picture {index}"))["id"] for index in range(205)]
    newest_first = made[::-1]
    _, first = await painter.ask("GET", "/v1/predictions")
    _, second = await painter.ask("GET", first["next"])
    _, third = await painter.ask("GET", second["next"])
    pages = [[one["id"] for one in page["results"]] for page in (first, second, third)]
    assert pages == [newest_first[:100], newest_first[100:200], newest_first[200:]]
    assert (first["previous"], third["next"]) == (None, None)
    _, back = await painter.ask("GET", third["previous"])
    assert [one["id"] for one in back["results"]] == pages[1]
    middle = await painter.get(made[102])
    _, since = await painter.ask("GET", "/v1/predictions", params={"created_after": middle["created_at"]})
    assert [one["id"] for one in since["results"]] == newest_first[:100]
    _, rest = await painter.ask("GET", since["next"])
    assert [one["id"] for one in rest["results"]] == newest_first[100:103]
    _, before = await painter.ask("GET", "/v1/predictions", params={"created_before": middle["created_at"]})
    assert before["results"][0]["id"] == made[101]
    assert (await painter.ask("GET", "/v1/predictions", params={"created_after": "soon"}))[0] == 400
    assert (await painter.ask("GET", "/v1/predictions", params={"cursor": "stale"}))[0] == 400
