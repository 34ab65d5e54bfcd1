"""Replicate's answers, as they are read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import ProviderUnclear
from pipeline.providers.replicate.answers import read_prediction

PICTURE = "https://replicate.delivery/a/out-0.png"


def answer(**given: Any) -> dict[str, Any]:
    """A prediction as Replicate writes it."""
    return {"id": "p1", "status": "succeeded", "input": {"prompt": "a storm"}, "output": [PICTURE]} | given


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled", "aborted"])
def test_four_statuses_are_final(status: str) -> None:
    prediction = read_prediction(answer(status=status))
    assert prediction.finished
    record = prediction.record()
    assert record is not None
    assert record["status"] == status


@pytest.mark.parametrize("status", ["starting", "processing", "a status of tomorrow"])
def test_any_other_status_is_under_way(status: str) -> None:
    prediction = read_prediction(answer(status=status))
    assert not prediction.finished
    assert prediction.record() is None


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (PICTURE, [PICTURE]),
        ([PICTURE, "https://b/1.png"], [PICTURE, "https://b/1.png"]),
        ([PICTURE, None, 3, {"url": PICTURE}], [PICTURE]),
        ({"image": PICTURE, "seed": 7}, [PICTURE]),
        ("data:image/png;base64,AAAA", ["data:image/png;base64,AAAA"]),
        ([], []),
        (None, []),
        (42, []),
    ],
)
def test_outputs_of_every_form_become_one_list(output: Any, expected: list[str]) -> None:
    assert read_prediction(answer(output=output)).output == expected


def test_outputs_before_the_end_are_not_outputs() -> None:
    assert read_prediction(answer(status="processing")).output == []


@pytest.mark.parametrize(
    ("logs", "expected"),
    [
        ("Using seed: 7\n  0%|          | 0/28\n 36%|███▌      | 10/28 [00:01<00:02]\n", 36),
        ("  0%|   | 0/4\r 25%|█  | 1/4\r 50%|██ | 2/4", 50),
        ("100%|██████████| 28/28 [00:02<00:00]\n", 99),
        ("999%|x", 99),
        ("the model is 80% sure\nweights 12% |\n", None),
        ("80% of it | done", None),
        ("", None),
        (None, None),
        (["25%|", "50%|"], 50),
        ([{"message": "50%|"}, None, 3], 50),
    ],
)
def test_progress_is_the_last_percent_of_the_log(logs: Any, expected: int | None) -> None:
    assert read_prediction(answer(logs=logs, status="processing")).progress == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T10:00:00.123456Z", datetime(2026, 3, 1, 10, 0, 0, 123456, UTC)),
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("yesterday", None),
        (12, None),
        (None, None),
    ],
)
def test_a_moment_always_has_a_zone(text: Any, expected: datetime | None) -> None:
    assert read_prediction(answer(created_at=text)).created_at == expected


@pytest.mark.parametrize("metrics", [{"predict_time": 1.5}, {"predict_time": 1.5, "total_time": 9}])
def test_the_providers_time_is_kept(metrics: dict[str, float]) -> None:
    record = read_prediction(answer(metrics=metrics)).record()
    assert record == {"status": "succeeded", "output": [PICTURE], "seconds": 1.5}


@pytest.mark.parametrize("metrics", [None, [], "fast", {"predict_time": "1.5 s"}, {"predict_time": True}])
def test_a_time_that_is_no_number_is_left_out(metrics: Any) -> None:
    assert read_prediction(answer(metrics=metrics)).seconds is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"id": 7}, "7"),
        ({"id": None, "urls": {"get": "https://api.replicate.com/v1/predictions/p7"}}, "p7"),
        ({"id": "", "urls": {"get": "https://api.replicate.com/v1/predictions/p7/"}}, "p7"),
    ],
)
def test_an_id_is_found_where_it_is(given: dict[str, Any], expected: str) -> None:
    assert read_prediction(answer(**given)).id == expected


@pytest.mark.parametrize("urls", [None, [], {"get": 3}, {"get": "https://a/b"}, {"get": "https://a/predictions/a/b"}])
def test_an_address_of_something_else_is_no_id(urls: Any) -> None:
    with pytest.raises(ProviderUnclear):
        read_prediction(answer(id=None, urls=urls))


@pytest.mark.parametrize(
    ("spelt", "expected"),
    [
        ("queued", "starting"),
        ("IN_QUEUE", "starting"),
        ("In Progress", "processing"),
        ("COMPLETED", "succeeded"),
        ("success", "succeeded"),
        ("cancelled", "canceled"),
        ("ERROR", "failed"),
        ("Content Moderated", "failed"),
        ("Aborted", "aborted"),
    ],
)
def test_a_status_is_known_in_other_words(spelt: str, expected: str) -> None:
    assert read_prediction(answer(status=spelt)).status == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (["one", {"detail": "two"}], "one: two"),
        ({"code": {"message": "it broke"}}, "it broke"),
        ({"message": "cut \ud83d\0off"}, "cut off"),
    ],
)
def test_an_error_of_any_shape_is_told(error: Any, expected: str) -> None:
    assert read_prediction(answer(status="failed", error=error)).error == expected


def test_text_that_postgres_cannot_store_is_mended() -> None:
    prediction = read_prediction(answer(status="failed", error="bad\0weights" + "x" * 5_000))
    assert prediction.error is not None
    assert prediction.error.startswith("badweights")
    assert len(prediction.error) <= 2_000
    assert read_prediction(answer(output=["http://a/\0.png", PICTURE])).output == [PICTURE]


def test_an_error_that_is_no_text_is_told_as_text() -> None:
    assert read_prediction(answer(status="failed", error={"code": 7})).error == "{'code': 7}"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": "p1"},
        {"status": "failed"},
        {"id": 7.5, "status": "failed"},
        {"id": "p\0", "status": "failed"},
        None,
        [],
    ],
)
def test_an_answer_that_is_no_prediction_leaves_the_purchase_unclear(broken: Any) -> None:
    with pytest.raises(ProviderUnclear, match="not a prediction"):
        read_prediction(broken)
