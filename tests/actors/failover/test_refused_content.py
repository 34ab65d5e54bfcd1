"""Refused content: asked for once, at one provider, with the reason that it gave; never a black picture."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from PIL import Image
from sqlalchemy import Row

from pipeline.doorbell import Bell
from tests.actors.failover.way import stops
from tests.actors.lab import Hands, Lab
from tests.actors.providers import PRICES, routed
from tests.pipeline.providers.replicate.liar import Liar, lying

AZURE = {"content_filter_results": {"sexual": {"filtered": True, "severity": "high"}}}
REFUSED_BY_OPENAI: dict[str, tuple[int, Any, str]] = {
    "its own code": (
        400,
        {"error": {"message": "Rejected.", "type": "image_generation_user_error", "code": "moderation_blocked"}},
        "Rejected. (moderation_blocked)",
    ),
    "by Azure": (400, {"error": {"code": "x", "inner_error": {"code": "ResponsibleAIPolicyViolation"}}}, "{'error'"),
    "under 403": (403, {"error": {"message": "blocked", "code": "content_filter"}}, "blocked (content_filter)"),
    "by a gateway's 500": (500, {"error": {"message": "litellm.ContentPolicyViolationError: no"}}, "litellm.Content"),
    "in words": (422, {"detail": "It violates Google's Responsible AI practices"}, "It violates Google's"),
    "with no data": (200, {"created": 1, "data": []}, "no picture and no reason"),
    "with its only picture withheld": (200, {"data": [{"b64_json": None, **AZURE}]}, "has withheld its picture"),
    "by xAI": (200, {"data": [{"url": "", "respect_moderation": False}]}, "has withheld its picture"),
    "with success and an error": (200, {"error": {"code": "moderation_blocked", "message": "no"}}, "no (moderation_"),
}


async def judged(lab: Lab, hands: Hands, generation_id: UUID) -> Row[Any]:
    """The row after its purchase was answered, and its prediction, if there is one, was judged."""
    await hands.buy()
    await hands.develop()
    return await lab.row(generation_id)


@pytest.mark.parametrize("how", REFUSED_BY_OPENAI)
async def test_what_openai_refuses_is_asked_for_once_and_nowhere_else(lab: Lab, how: str) -> None:
    status, body, reason = REFUSED_BY_OPENAI[how]

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response(body, status=status)

    async with lying(answer) as liar, lab.hands(openai_base_url=liar.url) as hands:
        generation_id = await lab.submit(**routed("openai", "replicate"))
        row = await judged(lab, hands, generation_id)
        await lab.age()
        await hands.retry()
    assert (row.status, stops(row), len(liar.requests)) == ("failed", ["openai"], 1)
    assert row.error_message.startswith("the provider refused the content: ")
    assert reason in row.error_message


async def test_a_withheld_picture_of_openai_is_booked_where_it_is_billed(lab: Lab) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response({"data": [{"b64_json": None, **AZURE}]})

    async with lying(answer) as liar, lab.hands(openai_base_url=liar.url) as hands:
        row = await judged(lab, hands, await lab.submit(**routed("openai")))
    assert float(row.cost) == PRICES["openai"]


def png() -> bytes:
    """A picture."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "PNG")
    return file.getvalue()


def fal(liar: Liar, result: Callable[[str], web.Response]) -> Callable[[web.BaseRequest], Any]:
    """A queue that has finished at once; `result` is given where it listens."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "POST":
            return web.json_response({"request_id": f"r{len(liar.requests)}", "status": "IN_QUEUE"})
        if request.path.endswith("/status"):
            return web.json_response({"status": "COMPLETED", "metrics": {"inference_time": "1.5"}})
        return web.Response(body=png()) if request.path.endswith(".png") else result(liar.url)

    return answer


async def asked_after(lab: Lab, hands: Hands, generation_id: UUID) -> Row[Any]:
    """The row after its purchase, which the watcher has asked after."""
    await hands.buy()
    await lab.age()
    await hands.watcher.look()
    await hands.collect.turns.take()
    await hands.keep()
    return await lab.row(generation_id)


def flagged(*flags: bool) -> Callable[[str], web.Response]:
    """A result with a picture for each flag."""

    def result(url: str) -> web.Response:
        images = [{"url": f"{url}/{index}.png"} for index in range(len(flags))]
        return web.json_response({"images": images, "has_nsfw_concepts": list(flags)})

    return result


def refused(status: int, body: Any) -> Callable[[str], web.Response]:
    """A result that is the model's error."""
    return lambda _url: web.json_response(body, status=status)


TYPED = [{"loc": ["body", "prompt"], "msg": "It was declined.", "type": "content_policy_violation"}]


@pytest.mark.parametrize(
    ("result", "reason", "pictures"),
    [
        (refused(422, {"detail": TYPED}), "It was declined. (content_policy_violation)", 0),
        (refused(422, TYPED), "It was declined. (content_policy_violation)", 0),
        (refused(500, {"detail": "Content flagged for: sexual"}), "Content flagged for: sexual", 0),
        (flagged(True), "the provider's moderation has withheld its picture", 1),
        (flagged(True, True), "the provider's moderation has withheld 2 pictures", 2),
    ],
    ids=["typed", "a bare list", "a runner's 500", "a black square", "two black squares"],
)
async def test_what_fal_refuses_is_asked_for_once_and_no_black_picture_is_kept(
    lab: Lab, result: Callable[[str], web.Response], reason: str, pictures: int
) -> None:
    liar = Liar()
    async with lying(fal(liar, result)) as at, lab.hands(fal_api_url=at.url) as hands:
        liar.url = at.url
        generation_id = await lab.submit(**routed("fal", "replicate"))
        row = await asked_after(lab, hands, generation_id)
    assert (row.status, stops(row)) == ("failed", ["fal"])
    assert row.error_message == f"the provider refused the content: {reason}"
    assert await lab.images(generation_id) == []
    assert float(row.cost or 0) == pytest.approx(pictures * PRICES["fal"])


async def test_of_several_pictures_the_clean_ones_are_kept_and_the_others_counted(lab: Lab) -> None:
    liar = Liar()
    async with lying(fal(liar, flagged(True, False, False))) as at, lab.hands(fal_api_url=at.url) as hands:
        liar.url = at.url
        generation_id = await lab.submit(**routed("fal"), num_outputs=3)
        row = await asked_after(lab, hands, generation_id)
    assert (row.status, len(await lab.images(generation_id))) == ("completed", 2)
    (told,) = [entry["why"] for entry in row.timeline if entry["status"] == "downloading"]
    assert told == "the provider's moderation has withheld 1 of 3 pictures"
    assert float(row.cost) == pytest.approx(3 * PRICES["fal"])
    assert row.generation_time_seconds == 1.5


async def test_an_input_that_the_model_does_not_take_is_not_bought_three_times(lab: Lab) -> None:
    liar = Liar()
    wrong = {"detail": [{"loc": ["body", "image_url"], "msg": "It is too small.", "type": "image_too_small"}]}
    async with lying(fal(liar, refused(422, wrong))) as at, lab.hands(fal_api_url=at.url) as hands:
        liar.url = at.url
        row = await asked_after(lab, hands, await lab.submit(**routed("fal")))
    assert (row.status, row.attempt_number) == ("failed", 1)
    assert row.error_message == "the provider cannot use the input: It is too small. (image_too_small)"


async def test_a_result_that_cannot_be_read_now_is_asked_after_again(lab: Lab) -> None:
    liar = Liar()
    for status in (502, 401, 429):
        async with lying(fal(liar, refused(status, {}))) as at, lab.hands(fal_api_url=at.url) as hands:
            liar.url = at.url
            row = await asked_after(lab, hands, await lab.submit(**routed("fal")))
            assert (row.status, row.prediction) == ("processing", None)


async def test_a_black_square_of_diffusers_is_no_picture(lab: Lab) -> None:
    log = "Potential NSFW content was detected in one or more images. A black image will be returned instead. Try again"

    async def answer(request: web.BaseRequest) -> web.Response:
        picture = {"id": "p1", "status": "SUCCEEDED", "output": [f"http://{request.host}/0.png"], "logs": [log, None]}
        return web.json_response(picture, status=201)

    async with lying(answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        generation_id = await lab.submit(**routed("replicate"))
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
        row = await lab.row(generation_id)
    assert (row.status, await lab.images(generation_id), len(liar.requests)) == ("failed", [], 1)
    assert "has withheld its picture" in row.error_message
